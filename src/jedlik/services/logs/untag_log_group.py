"""UntagLogGroup: tags of a group, taken away."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import group_arns, logs_of
from jedlik.services.logs.tags import without_tags


@operation("logs", "UntagLogGroup", access="tagging", resource=group_arns)
async def untag_log_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await logs_of(ctx).change_group(
        req["logGroupName"], lambda group: without_tags(group, req["tags"])
    )
    return {}
