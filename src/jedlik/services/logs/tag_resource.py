"""TagResource: tags of a group or a destination, added or replaced."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import resource_arns
from jedlik.services.logs.tags import change_tagged, with_tags


@operation("logs", "TagResource", access="tagging", resource=resource_arns)
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await change_tagged(ctx, req["resourceArn"], lambda each: with_tags(each, req["tags"]))
    return {}
