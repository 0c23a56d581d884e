"""The table that a restore makes: as its source was, but for what the request overrides.

Streams, time to live, point-in-time recovery, tags, policies and deletion protection are not
restored (developer guide, "Restoring a table"); the table gets a name and an id of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.services.dynamodb.concurrency import check_restores, check_table_operations
from jedlik.services.dynamodb.describe import described
from jedlik.services.dynamodb.errors import TableInUse, TableThere, invalid
from jedlik.services.dynamodb.quotas import check_quotas
from jedlik.services.dynamodb.table_changes import now_ms
from jedlik.services.dynamodb.table_definitions import (
    check_names_differ,
    global_index,
    local_index,
    used_names,
)
from jedlik.services.dynamodb.table_names import INVALID_NAME, NAME
from jedlik.services.dynamodb.table_settings import refuse_unsupported, sse_description
from jedlik.services.dynamodb.throughputs import on_demand_limits, out_of_bounds, provisioned
from jedlik.tables.backups import Backup
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Index, Table, Throughput

UNSUPPORTED = ("VectorIndexOverride",)


def target_name(req: dict[str, Any]) -> str | None:
    """A rule: the new table's name."""
    return None if NAME.fullmatch(req["TargetTableName"]) else INVALID_NAME


def units_in_bounds(req: dict[str, Any]) -> str | None:
    """A rule: capacity that can be stored."""
    text = out_of_bounds(req.get("ProvisionedThroughputOverride"))
    for index in req.get("GlobalSecondaryIndexOverride") or ():
        text = text or out_of_bounds(index.get("ProvisionedThroughput"), index["IndexName"])
    return text


async def new_target(
    ctx: Context, req: dict[str, Any], source: Table, backup: Backup | None = None
) -> Table:
    """The table to be made, of a backup or of a table's past. Raises ApiError."""
    refuse_unsupported(req, UNSUPPORTED)
    if source.region != ctx.region and "SSESpecificationOverride" not in req:
        # "Mandatory for cross-Region restores" (developer guide). Unverified: the text.
        raise invalid("SSESpecificationOverride must be specified to restore from another region")
    name = req["TargetTableName"]
    try:
        there = await ctx.db.catalog.get(ctx.account, ctx.region, name)
    except TableNotFound:
        pass
    else:
        if there.status in ("CREATING", "DELETING"):
            raise TableInUse.busy(name)
        raise TableThere.named(name)
    billing = req.get("BillingModeOverride", source.billing)
    units = req.get("ProvisionedThroughputOverride")
    if billing == "PAY_PER_REQUEST" and units is not None:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode "
            "is PAY_PER_REQUEST"
        )
    throughput = provisioned(units) if units is not None else _own(source.throughput)
    if billing == "PROVISIONED" and not throughput.read_units:
        raise invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            "PROVISIONED"
        )
    indexes = _indexes(req, source, billing)
    used = {*used_names(source.keys, indexes)}
    now = now_ms(ctx)
    on_demand = source.on_demand if billing == "PAY_PER_REQUEST" else None
    if "OnDemandThroughputOverride" in req:
        on_demand = on_demand_limits(req["OnDemandThroughputOverride"], None, billing=billing)
    sse = source.sse
    if "SSESpecificationOverride" in req:
        sse = sse_description(ctx, req["SSESpecificationOverride"], None)
    target = Table(
        account=ctx.account,
        region=ctx.region,
        name=name,
        keys=source.keys,
        attribute_types={n: t for n, t in source.attribute_types.items() if n in used},
        parts=source.parts,
        indexes=indexes,
        created_at_ms=now,
        billing=billing,
        billing_changed_ms=now if billing == "PAY_PER_REQUEST" else None,
        throughput=Throughput() if billing == "PAY_PER_REQUEST" else throughput,
        on_demand=on_demand,
        table_class=source.table_class,
        sse=sse,
    )
    await check_table_operations(ctx, created=target)
    await check_restores(ctx, backup)
    await check_quotas(ctx, target, new=True)
    return target


async def restoring(ctx: Context, table: Table) -> dict[str, Any]:
    """The answer of both restores."""
    shown = await described(ctx.db, table, now_ms(ctx), status="CREATING")
    return {"TableDescription": shown}


def _indexes(req: dict[str, Any], source: Table, billing: str) -> tuple[Index, ...]:
    """The source's indexes, or those of them that the overrides name. Raises ApiError."""
    kept: list[Index] = []
    there = [index for index in source.indexes if index.status != "DELETING"]
    for kind, member in (
        ("local", "LocalSecondaryIndexOverride"),
        ("global", "GlobalSecondaryIndexOverride"),
    ):
        own = {index.name: index for index in there if index.kind == kind}
        wanted: Sequence[dict[str, Any]] | None = req.get(member)
        if wanted is None:
            kept += [_fresh(index, billing) for index in own.values()]
            continue
        kept += [_overridden(own.get(each["IndexName"]), each, source, billing) for each in wanted]
    check_names_differ(kept)
    for index in kept:
        if index.kind == "global" and billing == "PROVISIONED" and not index.throughput.read_units:
            raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")
    return tuple(kept)


def _overridden(own: Index | None, spec: dict[str, Any], source: Table, billing: str) -> Index:
    """The source's index as an override wants it: restores make no new ones, and no others of the
    old names; what is not said of its capacity is as it was.

    Unverified: the text, and that a different projection is refused: "should match existing
    secondary indexes" (API reference).
    """
    types = source.attribute_types
    if own is not None and own.kind == "local":
        wanted = local_index(spec, source.keys, types)
    elif own is not None:
        units = own.throughput
        if billing == "PROVISIONED" and units.read_units and "ProvisionedThroughput" not in spec:
            told = {"ReadCapacityUnits": units.read_units, "WriteCapacityUnits": units.write_units}
            spec = {**spec, "ProvisionedThroughput": told}
        wanted = global_index(spec, types, billing=billing)
    if own is None or _shape(wanted) != _shape(own):
        raise invalid(f"The index {spec['IndexName']} is not one of the source table's")
    fresh = _fresh(own, billing)
    return replace(
        fresh,
        throughput=wanted.throughput,
        on_demand=wanted.on_demand if "OnDemandThroughput" in spec else fresh.on_demand,
        warm=wanted.warm,
    )


def _shape(index: Index) -> tuple[Any, ...]:
    """What an index is, whatever it costs."""
    return index.keys, index.projection, frozenset(index.non_key)


def _fresh(index: Index, billing: str) -> Index:
    """An index without rows and history."""
    is_provisioned = index.kind == "global" and billing == "PROVISIONED"
    return replace(
        index,
        space=0,
        status="ACTIVE",
        backfilling=False,
        throughput=_own(index.throughput) if is_provisioned else Throughput(),
        on_demand=None if billing == "PROVISIONED" else index.on_demand,
        warm=None,
    )


def _own(throughput: Throughput) -> Throughput:
    """The units without the history of their changes."""
    return Throughput(throughput.read_units, throughput.write_units)
