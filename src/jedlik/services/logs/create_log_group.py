"""CreateLogGroup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import group_arns, logs_of


@operation("logs", "CreateLogGroup", access="write", resource=group_arns)
async def create_log_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await logs_of(ctx).add_group(
        req["logGroupName"],
        tags=req.get("tags"),
        kind=req.get("logGroupClass", "STANDARD"),
        key=req.get("kmsKeyId"),
        protected=req.get("deletionProtectionEnabled", False),
    )
    return {}
