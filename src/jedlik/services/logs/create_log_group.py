"""CreateLogGroup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid, too_many_tags
from jedlik.services.logs.requests import group_arns, logs_of
from jedlik.services.logs.tags import TAGS_MAX


@operation("logs", "CreateLogGroup", access="write", resource=group_arns)
async def create_log_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if req["logGroupName"].lower().startswith("aws/"):  # unverified text
        raise invalid("Log groups starting with AWS/ are reserved for AWS.")
    if len(req.get("tags", {})) > TAGS_MAX:
        raise too_many_tags()
    await logs_of(ctx).add_group(
        req["logGroupName"],
        tags=req.get("tags"),
        kind=req.get("logGroupClass", "STANDARD"),
        key=req.get("kmsKeyId"),
        protected=req.get("deletionProtectionEnabled", False),
    )
    return {}
