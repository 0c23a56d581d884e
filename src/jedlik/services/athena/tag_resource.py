"""TagResource: tags of a work group, added or replaced."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import resource_arns
from jedlik.services.athena.tags import tagged, tagging, with_tags


@operation("athena", "TagResource", access="tagging", resource=resource_arns)
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = tagged(ctx, req["ResourceARN"])
    await tagging(ctx, name, lambda tags: with_tags(tags, req["Tags"]))
    return {}
