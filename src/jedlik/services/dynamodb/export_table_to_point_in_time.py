"""ExportTableToPointInTime: a table as it was at an instant, or what changed in a stretch of time,
to S3. `exporting.py` does it."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.callers import caller_of
from jedlik.services.dynamodb.concurrency import exports_at_once, too_many_exports
from jedlik.services.dynamodb.continuous_backups import earliest_restorable_ms
from jedlik.services.dynamodb.errors import Export, Recovery, TableMissing
from jedlik.services.dynamodb.export_filters import (
    MEMBER,
    check_parts,
    filter_parameters,
    parts_of,
)
from jedlik.services.dynamodb.request_expressions import ReadParts
from jedlik.services.dynamodb.table_changes import now_ms
from jedlik.services.dynamodb.table_names import table_name
from jedlik.services.dynamodb.transfer_descriptions import export_description
from jedlik.services.dynamodb.transfers import (
    Mismatch,
    TooMany,
    Transfer,
    Transfers,
    cut,
    incremental,
    latest,
    until,
)
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Table

INCREMENT_MS_MAX = 24 * 3_600_000
"""The longest stretch of an incremental export (developer guide)."""


def exported_table(ctx: Context, req: dict[str, Any]) -> list[str]:
    """What is asked at once; what S3 asks is judged when objects are written (`callers.py`)."""
    return [req["TableArn"]]


def specification_given(req: dict[str, Any]) -> str | None:
    """A rule. Unverified: the texts."""
    incremental = req.get("ExportType") == "INCREMENTAL_EXPORT"
    if incremental and "IncrementalExportSpecification" not in req:
        return "IncrementalExportSpecification is required when ExportType is INCREMENTAL_EXPORT"
    if not incremental and "IncrementalExportSpecification" in req:
        return "IncrementalExportSpecification can only be specified for INCREMENTAL_EXPORT"
    if incremental and "ExportTime" in req:
        return "ExportTime cannot be specified when ExportType is INCREMENTAL_EXPORT"
    if incremental and "ExportFromTime" not in req["IncrementalExportSpecification"]:
        return "ExportFromTime is required in IncrementalExportSpecification"
    return None


@operation(
    "dynamodb",
    "ExportTableToPointInTime",
    access="write",
    resource=exported_table,
    rules=[specification_given, filter_parameters],
)
async def export_table_to_point_in_time(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    parts = parts_of(req.get(MEMBER, {}))
    store = Transfers(ctx.db, "export", ctx.account, ctx.region)
    for _ in range(2):
        try:
            before = await store.used(req.get("ClientToken"), req)
        except Mismatch:
            raise Export.conflict() from None
        if before is not None:
            return {"ExportDescription": export_description(before)}
        table = await _source(ctx, req["TableArn"])
        new = _new_export(ctx, req, parts, store, table)
        size_bytes = 0  # of changes nobody knows
        if not incremental(new):
            size_bytes = (await ctx.db.engine.stats(table.space)).bytes
        try:
            await store.add(new, size_bytes=size_bytes, at_once=exports_at_once(ctx))
        except Contended:
            continue  # the same token at the same time
        except TooMany:
            raise too_many_exports() from None
        return {"ExportDescription": export_description(new)}
    raise Export.conflict()


def _new_export(
    ctx: Context, req: dict[str, Any], parts: ReadParts, store: Transfers, table: Table
) -> Transfer:
    check_parts(parts, table)
    if table.recovery is None or not table.recovery.enabled:
        raise Recovery.off(table.name)
    now = now_ms(ctx)
    earliest_ms = earliest_restorable_ms(table.recovery, now)
    # Nothing is written any more before this instant, nor before the end of the last export that
    # named none. What is told next begins there, so no change is told twice or never.
    latest_ms = latest(ctx.db)

    def instant(at: float | None) -> int:
        if at is None:
            return cut(ctx.db)
        at_ms: int = round(at * 1000)
        # Clients that tell whole seconds mean the one in which the window begins, too.
        if not earliest_ms // 1000 * 1000 <= at_ms <= latest_ms:
            raise Export.beyond()
        # Of the millisecond in which the window begins only a part is known.
        return max(at_ms, earliest_ms + 1)

    from_ms = 0
    if req.get("ExportType") == "INCREMENTAL_EXPORT":
        spec = req["IncrementalExportSpecification"]
        from_ms, at_ms = instant(spec["ExportFromTime"]), instant(spec.get("ExportToTime"))
        if not from_ms < at_ms or at_ms - from_ms > INCREMENT_MS_MAX:
            raise Export.stretch()
    else:
        at_ms = instant(req.get("ExportTime"))
    return until(store.begun(table, req, now, caller_of(ctx.principal)), at_ms, from_ms)


async def _source(ctx: Context, arn: str) -> Table:
    name = table_name(ctx, arn)
    try:
        table: Table = await ctx.db.catalog.get(ctx.account, ctx.region, name)
    except TableNotFound:
        raise TableMissing.backup_settings(name) from None
    return table
