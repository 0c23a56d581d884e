"""ListTagsLogGroup: the tags of a group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import group_arns, logs_of


@operation("logs", "ListTagsLogGroup", access="read", resource=group_arns)
async def list_tags_log_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    group = await logs_of(ctx).group(req["logGroupName"])
    return {"tags": group.tags}
