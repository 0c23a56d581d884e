"""TagResource: tags of a group, added or replaced."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import logs_of, named, resource_arns
from jedlik.services.logs.tags import with_tags


@operation("logs", "TagResource", access="tagging", resource=resource_arns)
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await logs_of(ctx).change_group(
        named(ctx, req["resourceArn"]), lambda group: with_tags(group, req["tags"])
    )
    return {}
