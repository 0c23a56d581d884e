"""DeleteLogStream: with its events."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import group_arns, logs_of


@operation("logs", "DeleteLogStream", access="write", resource=group_arns)
async def delete_log_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    logs = logs_of(ctx)
    await logs.delete_stream(await logs.group(req["logGroupName"]), req["logStreamName"])
    return {}
