"""UpdateTimeToLive: which attribute holds an item's expiry."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.concurrency import check_table_operations
from jedlik.services.dynamodb.errors import validation
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import active_table, change_table, now_ms
from jedlik.tables.model import Table, TtlSettings


@operation("dynamodb", "UpdateTimeToLive", access="write", permissions=on_table("UpdateTimeToLive"))
async def update_time_to_live(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["TimeToLiveSpecification"]
    now = now_ms(ctx)
    await active_table(ctx, req["TableName"])
    await check_table_operations(ctx)
    await change_table(ctx, req["TableName"], lambda table: with_ttl(table, wanted, now))
    return {
        "TimeToLiveSpecification": {
            "Enabled": wanted["Enabled"],
            "AttributeName": wanted["AttributeName"],
        }
    }


def with_ttl(table: Table, wanted: dict[str, Any], now: int) -> Table:
    """The table with TTL switched. Raises ApiError if it stands so already, or changed just now."""
    old = table.ttl
    on = old is not None and old.enabled
    if wanted["Enabled"] and on and old is not None:
        if old.attribute == wanted["AttributeName"]:
            raise validation("TimeToLive is already enabled")
        raise validation(_other_attribute(old.attribute))
    if not wanted["Enabled"]:
        if old is None or not on:
            raise validation("TimeToLive is already disabled")
        if old.attribute != wanted["AttributeName"]:
            raise validation(_other_attribute(old.attribute))
    if old is not None and now < old.changed_at_ms + limits.TTL_INTERVAL_S * 1000:
        raise validation("Time to live has been modified multiple times within a fixed interval")
    changed = TtlSettings(wanted["AttributeName"], wanted["Enabled"], changed_at_ms=now)
    return replace(table, ttl=changed)


def _other_attribute(current: str) -> str:
    return "TimeToLive is active on a different AttributeName: current AttributeName is " + current
