"""UpdateTable: capacity, billing, indexes, stream and the smaller settings of a table."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.concurrency import check_table_operations
from jedlik.services.dynamodb.create_table import units_in_bounds
from jedlik.services.dynamodb.describe import described, with_warm
from jedlik.services.dynamodb.errors import ResourceInUse, ResourceNotFound, invalid
from jedlik.services.dynamodb.index_updates import (
    IndexChange,
    index_updates_are_single,
    parsed_change,
    with_updated_indexes,
)
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.quotas import check_quotas, provisioned_units
from jedlik.services.dynamodb.table_changes import (
    RETRIES_MAX,
    active_table,
    in_transition,
    now_ms,
)
from jedlik.services.dynamodb.table_rules import table_name_given
from jedlik.services.dynamodb.table_settings import (
    refuse_unsupported,
    sse_description,
    with_stream,
    with_table_class,
)
from jedlik.services.dynamodb.throughputs import (
    changed_throughput,
    check_switch_to_on_demand,
    least_warm,
    on_demand_limits,
    switched_throughput,
    warm_throughput,
)
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Table

UNSUPPORTED = (
    "ReplicaUpdates",
    "MultiRegionConsistency",
    "GlobalTableWitnessUpdates",
    "GlobalTableSettingsReplicationMode",
    "DisassociationProtectionEnabled",
    "VectorIndexUpdates",
)
CHANGES = (
    "ProvisionedThroughput",
    "BillingMode",
    "StreamSpecification",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    *UNSUPPORTED,
)


def something_to_change(req: dict[str, Any]) -> str | None:
    if any(req.get(member) not in (None, []) for member in CHANGES):
        return None
    return (
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
    )


def throughput_fits_billing(req: dict[str, Any]) -> str | None:
    """What BillingMode asks of ProvisionedThroughput; without it the table's own mode decides."""
    given = "ProvisionedThroughput" in req
    if req.get("BillingMode") == "PAY_PER_REQUEST" and given:
        return (
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor "
            "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    return None


@operation(
    "dynamodb",
    "UpdateTable",
    access="write",
    permissions=on_table("UpdateTable"),
    first=[table_name_given],
    rules=[
        something_to_change,
        throughput_fits_billing,
        units_in_bounds,
        index_updates_are_single,
    ],
)
async def update_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    refuse_unsupported(req, UNSUPPORTED)
    for _ in range(RETRIES_MAX):
        table = await active_table(ctx, req["TableName"])
        change = parsed_change(table, req)
        changed = with_settings(ctx, table, req, change)
        await check_table_operations(ctx)
        await _check_quotas(ctx, table, changed, change)
        try:
            changed = await _store(ctx, table, changed, change)
        except Contended:
            continue
        except TableNotFound:
            raise ResourceNotFound.table(table.name) from None
        return {"TableDescription": await _shown(ctx, table, changed, change)}
    raise ResourceInUse.changed()


def with_settings(ctx: Context, table: Table, req: dict[str, Any], change: IndexChange) -> Table:
    """The table as the request wants it, but for indexes made or dropped. Raises ApiError."""
    now = now_ms(ctx)
    # Nothing lowers warm throughput ("Warm throughput in different scenarios"), and a table that is
    # switched to on-demand takes at once what was provisioned: what there was is stored.
    table = with_warm(ctx.db.flows, table)
    changed = _with_capacity(table, req, now)
    changed = with_updated_indexes(changed, table, change, now)
    changed = replace(
        changed,
        warm=warm_throughput(
            req.get("WarmThroughput"),
            changed.warm or least_warm(changed.billing, changed.throughput),
            subject="table",
        )
        or changed.warm,
        sse=sse_description(ctx, req.get("SSESpecification"), changed.sse),
        deletion_protection=req.get("DeletionProtectionEnabled", changed.deletion_protection),
    )
    changed = with_stream(changed, req.get("StreamSpecification"), now)
    return with_table_class(changed, req.get("TableClass"), now)


async def _check_quotas(ctx: Context, table: Table, changed: Table, change: IndexChange) -> None:
    """Where more is provisioned than before, the account's quota is looked at."""
    after = changed
    if change.created is not None:
        after = replace(changed, indexes=(*changed.indexes, change.created))
    before_units, after_units = provisioned_units(table), provisioned_units(after)
    if any(more > less for more, less in zip(after_units, before_units, strict=True)):
        await check_quotas(ctx, after, new=False)


def _with_capacity(table: Table, req: dict[str, Any], now: int) -> Table:
    """Billing mode, throughput and on-demand maximums after the request."""
    billing = req.get("BillingMode", table.billing)
    spec = req.get("ProvisionedThroughput")
    changed = replace(
        table,
        on_demand=on_demand_limits(req.get("OnDemandThroughput"), table.on_demand, billing=billing),
    )
    if billing != table.billing:
        return _switched(changed, billing, spec, now)
    if spec is None:
        return changed
    if billing == "PAY_PER_REQUEST":
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode "
            "is PAY_PER_REQUEST"
        )
    return replace(changed, throughput=changed_throughput(table.throughput, spec, now))


def _switched(table: Table, billing: Any, spec: dict[str, Any] | None, now: int) -> Table:
    """The table in the other billing mode; the indexes follow in with_updated_indexes."""
    if billing == "PAY_PER_REQUEST":
        switches = check_switch_to_on_demand(table.settings.get("on_demand_switches", []), now)
        return replace(
            table,
            billing=billing,
            billing_changed_ms=now,
            throughput=switched_throughput(table.throughput, None),
            settings={**table.settings, "on_demand_switches": switches},
        )
    if spec is None:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    return replace(table, billing=billing, throughput=switched_throughput(table.throughput, spec))


async def _store(ctx: Context, table: Table, changed: Table, change: IndexChange) -> Table:
    """Store the settings together with an index added, or before one is dropped."""
    changed = in_transition(ctx, changed, "UPDATING")
    if changed.status != "ACTIVE":
        ctx.db.table_unsettled.set()
    stored: Table
    if change.created is not None:
        stored = await ctx.db.add_index(table, changed, change.created)
        return stored
    stored = await ctx.db.replace_table(table, changed) if changed != table else table
    if change.deleted is not None:
        stored = await ctx.db.drop_index(stored, change.deleted)
    return stored


async def _shown(ctx: Context, before: Table, after: Table, change: IndexChange) -> dict[str, Any]:
    """The answer: UPDATING, touched indexes too, one being deleted still there.

    The backfill of a new index has not begun in AWS's answer (developer guide, "Adding a global
    secondary index": resources are allocated first).
    """
    touched = {*change.updated}
    made = change.created.name if change.created else None
    after = replace(
        after,
        indexes=tuple(
            replace(
                index,
                status="UPDATING" if index.name in touched else index.status,
                backfilling=index.backfilling and index.name != made,
            )
            for index in after.indexes
        ),
    )
    gone = before.index(change.deleted) if change.deleted else None
    return await described(ctx.db, after, now_ms(ctx), status="UPDATING", deleting_index=gone)
