"""UpdateContinuousBackups: point-in-time recovery on or off, and for how many days."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.continuous_backups import described_backups, earliest_restorable_ms
from jedlik.services.dynamodb.errors import TableMissing, backups_unavailable
from jedlik.services.dynamodb.limits import RECOVERY_DAYS_DEFAULT
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import change_table, now_ms
from jedlik.services.dynamodb.table_names import table_name
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import RecoverySettings, Table


@operation(
    "dynamodb",
    "UpdateContinuousBackups",
    access="write",
    permissions=on_table("UpdateContinuousBackups"),
)
async def update_continuous_backups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = table_name(ctx, req["TableName"])
    wanted, now = req["PointInTimeRecoverySpecification"], now_ms(ctx)
    try:
        table = await ctx.db.catalog.get(ctx.account, ctx.region, name)
    except TableNotFound:
        raise TableMissing.backup_settings(name) from None
    if table.status == "CREATING":
        raise backups_unavailable(name)
    before, table = await change_table(ctx, name, lambda table: with_recovery(table, wanted, now))
    if _is_on(table) and not _is_on(before):
        # What was under way while it was switched on may not be in the log: its past begins here.
        begins_ms = ctx.db.clock.now_ms()
        _, table = await change_table(ctx, name, lambda table: _begun(table, begins_ms))
        now = max(now, begins_ms)
    return {"ContinuousBackupsDescription": described_backups(table, now)}


def with_recovery(table: Table, wanted: dict[str, Any], now: int) -> Table:
    """The table with recovery switched. A window that stays open keeps its beginning, or what a
    shorter period has left of it: what lay before was not kept."""
    old = table.recovery
    if not wanted["PointInTimeRecoveryEnabled"]:
        return replace(table, recovery=replace(old, enabled=False) if old else None)
    if old is None or not old.enabled:
        days = wanted.get("RecoveryPeriodInDays", RECOVERY_DAYS_DEFAULT)
        return replace(
            table, recovery=RecoverySettings(enabled=True, since_ms=now, period_days=days)
        )
    days = wanted.get("RecoveryPeriodInDays", old.period_days)
    since_ms = earliest_restorable_ms(old, now) if days > old.period_days else old.since_ms
    return replace(table, recovery=replace(old, since_ms=since_ms, period_days=days))


def _is_on(table: Table) -> bool:
    return table.recovery is not None and table.recovery.enabled


def _begun(table: Table, since_ms: int) -> Table:
    if table.recovery is None or not table.recovery.enabled:
        return table
    return replace(table, recovery=replace(table.recovery, since_ms=since_ms))
