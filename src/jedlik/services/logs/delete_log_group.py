"""DeleteLogGroup: with its streams and their events."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import protected
from jedlik.services.logs.requests import group_arns, logs_of


@operation("logs", "DeleteLogGroup", access="write", resource=group_arns)
async def delete_log_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    logs = logs_of(ctx)
    if (await logs.group(req["logGroupName"])).protected:
        raise protected()
    await logs.delete_group(req["logGroupName"])
    return {}
