"""UntagResource: tags of a group or a destination, taken away."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import resource_arns
from jedlik.services.logs.tags import change_tagged, without_tags


@operation("logs", "UntagResource", access="tagging", resource=resource_arns)
async def untag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await change_tagged(ctx, req["resourceArn"], lambda each: without_tags(each, req["tagKeys"]))
    return {}
