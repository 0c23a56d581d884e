"""ListTagsForResource: the tags of a group or a destination."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import resource_arns
from jedlik.services.logs.tags import tags_of


@operation("logs", "ListTagsForResource", access="read", resource=resource_arns)
async def list_tags_for_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {"tags": await tags_of(ctx, req["resourceArn"])}
