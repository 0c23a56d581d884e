"""DeleteRetentionPolicy: events are kept for ever."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.requests import group_arns, logs_of


@operation("logs", "DeleteRetentionPolicy", access="write", resource=group_arns)
async def delete_retention_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await logs_of(ctx).change_group(
        req["logGroupName"], lambda group: msgspec.structs.replace(group, days=None)
    )
    return {}
