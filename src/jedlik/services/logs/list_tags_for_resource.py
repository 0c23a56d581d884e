"""ListTagsForResource: the tags of a group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import logs_of, named, resource_arns


@operation("logs", "ListTagsForResource", access="read", resource=resource_arns)
async def list_tags_for_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    group = await logs_of(ctx).group(named(ctx, req["resourceArn"]))
    return {"tags": group.tags}
