"""RestoreTableToPointInTime: a new table with what another one held at some instant.

The other one may have been deleted since: what was kept of it is found by its name.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.continuous_backups import earliest_restorable_ms
from jedlik.services.dynamodb.errors import (
    INVALID,
    Recovery,
    ResourceInUse,
    TableMissing,
    TableThere,
)
from jedlik.services.dynamodb.permissions import Restoring
from jedlik.services.dynamodb.restored_tables import (
    new_target,
    restoring,
    target_name,
    units_in_bounds,
)
from jedlik.services.dynamodb.table_changes import RETRIES_MAX, now_ms
from jedlik.services.dynamodb.table_names import region_of, table_arn, table_name
from jedlik.tables.backups import Backup
from jedlik.tables.errors import Contended, TableExists, TableNotFound
from jedlik.tables.model import Table
from jedlik.tables.recovery import begin_recovery


def source_given(req: dict[str, Any]) -> str | None:
    """A rule. Unverified: the texts."""
    if "SourceTableName" not in req and "SourceTableArn" not in req:
        return "Either SourceTableName or SourceTableArn must be specified"
    return None


def time_given(req: dict[str, Any]) -> str | None:
    """A rule. Unverified: the texts."""
    latest = req.get("UseLatestRestorableTime", False)
    if latest and "RestoreDateTime" in req:
        return "RestoreDateTime and UseLatestRestorableTime cannot both be specified"
    if not latest and "RestoreDateTime" not in req:
        return "Either RestoreDateTime or UseLatestRestorableTime must be specified"
    return None


def no_warm_throughput(req: dict[str, Any]) -> str | None:
    """A rule: the API reference refuses it here. Unverified: the text."""
    for index in req.get("GlobalSecondaryIndexOverride") or ():
        if "WarmThroughput" in index:
            return (
                f"{INVALID}WarmThroughput is not supported in GlobalSecondaryIndexOverride for "
                f"index: {index['IndexName']}"
            )
    return None


def resources(ctx: Context, req: dict[str, Any]) -> list[str]:
    """The source and the table that is made of it."""
    source = req.get("SourceTableArn") or req.get("SourceTableName") or "*"
    return [table_arn(ctx, source), table_arn(ctx, req["TargetTableName"])]


@operation(
    "dynamodb",
    "RestoreTableToPointInTime",
    access="write",
    permissions=Restoring("RestoreTableToPointInTime", resources),
    rules=[target_name, source_given, time_given, units_in_bounds, no_warm_throughput],
)
async def restore_table_to_point_in_time(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    source = req.get("SourceTableArn") or req["SourceTableName"]
    name, region = table_name(ctx, source, any_region=True), region_of(ctx, source)
    for _ in range(RETRIES_MAX):
        past = await _past(ctx, region, name)
        at_ms = _instant_ms(ctx, req, past)
        target = await new_target(ctx, req, past.table if isinstance(past, Backup) else past)
        try:
            table = await begin_recovery(ctx.db, target, past, at_ms)
        except TableExists:
            raise TableThere.named(target.name) from None
        except (Contended, TableNotFound):
            continue
        return await restoring(ctx, table)
    raise ResourceInUse.changed()


async def _past(ctx: Context, region: str, name: str) -> Table | Backup:
    """The table of that name, or what was kept of it. Raises ApiError."""
    try:
        table: Table = await ctx.db.catalog.get(ctx.account, region, name)
    except TableNotFound:
        kept: Backup | None = await ctx.db.backups.of_deleted(ctx.account, region, name)
        if kept is None:
            raise TableMissing.backup_settings(name) from None
        return kept
    return table


def _instant_ms(ctx: Context, req: dict[str, Any], past: Table | Backup) -> int:
    """The end of the last millisecond that the restored table shows. Raises ApiError."""
    table, latest_ms = past, now_ms(ctx)
    if isinstance(past, Backup):
        table, latest_ms = past.table, past.at_ms
    assert isinstance(table, Table)
    if table.recovery is None or not table.recovery.enabled:
        raise Recovery.off(table.name)
    if "RestoreDateTime" not in req:
        return latest_ms
    at_ms: int = round(req["RestoreDateTime"] * 1000)
    earliest_ms = earliest_restorable_ms(table.recovery, now_ms(ctx))
    # Clients that tell whole seconds mean the one in which the window begins, too.
    if not earliest_ms // 1000 * 1000 <= at_ms <= latest_ms:
        raise Recovery.beyond()
    return max(at_ms, earliest_ms)
