"""PutLogGroupDeletionProtection."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import group_arns, logs_of, named


@operation("logs", "PutLogGroupDeletionProtection", access="write", resource=group_arns)
async def put_log_group_deletion_protection(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    protected = req["deletionProtectionEnabled"]
    await logs_of(ctx).change_group(
        named(ctx, req["logGroupIdentifier"]),
        lambda group: msgspec.structs.replace(group, protected=protected),
    )
    return {}
