"""PutRetentionPolicy: after how many days events are forgotten."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.requests import group_arns, logs_of

DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
        3288, 3653)  # fmt: skip
"""The ones there are (API reference)."""


@operation("logs", "PutRetentionPolicy", access="write", resource=group_arns)
async def put_retention_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    days = req["retentionInDays"]
    if days not in DAYS:
        raise invalid(f"Invalid retention value. Valid values are: {list(DAYS)}")
    await logs_of(ctx).change_group(
        req["logGroupName"], lambda group: msgspec.structs.replace(group, days=days)
    )
    return {}
