"""UntagResource."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import resource_arns
from jedlik.services.athena.tags import tagged, tagging


@operation("athena", "UntagResource", access="tagging", resource=resource_arns)
async def untag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = tagged(ctx, req["ResourceARN"])
    gone = set(req["TagKeys"])
    await tagging(
        ctx, name, lambda tags: {key: value for key, value in tags.items() if key not in gone}
    )
    return {}
