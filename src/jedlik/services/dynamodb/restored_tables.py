"""The table that a restore makes: as its source was, but for what the request overrides.

Streams, time to live, point-in-time recovery, tags, policies and deletion protection are not
restored (developer guide, "Restoring a table"); the table gets a name and an id of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.services.dynamodb.describe import described
from jedlik.services.dynamodb.errors import TableThere, invalid
from jedlik.services.dynamodb.table_changes import now_ms
from jedlik.services.dynamodb.table_definitions import used_names
from jedlik.services.dynamodb.table_names import INVALID_NAME, NAME
from jedlik.services.dynamodb.table_settings import refuse_unsupported, sse_description
from jedlik.services.dynamodb.throughputs import on_demand_limits, provisioned
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Index, Table, Throughput

UNSUPPORTED = ("VectorIndexOverride",)


def target_name(req: dict[str, Any]) -> str | None:
    """A rule: the new table's name."""
    return None if NAME.fullmatch(req["TargetTableName"]) else INVALID_NAME


async def new_target(ctx: Context, req: dict[str, Any], source: Table) -> Table:
    """The table to be made. Raises ApiError."""
    refuse_unsupported(req, UNSUPPORTED)
    name = req["TargetTableName"]
    try:
        await ctx.db.catalog.get(ctx.account, ctx.region, name)
    except TableNotFound:
        pass
    else:
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
    return Table(
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


async def restoring(ctx: Context, table: Table) -> dict[str, Any]:
    """The answer of both restores."""
    shown = await described(ctx.db, table, now_ms(ctx), status="CREATING")
    return {"TableDescription": shown}


def _indexes(req: dict[str, Any], source: Table, billing: str) -> tuple[Index, ...]:
    """The source's indexes, or those of them that the overrides name."""
    kept: list[Index] = []
    for kind, member in (
        ("local", "LocalSecondaryIndexOverride"),
        ("global", "GlobalSecondaryIndexOverride"),
    ):
        own = [index for index in source.indexes if index.kind == kind]
        wanted: Sequence[dict[str, Any]] | None = req.get(member)
        if wanted is None:
            kept += [_fresh(index, index.throughput, billing) for index in own]
            continue
        for spec in wanted:
            index = _same(own, spec)
            units = spec.get("ProvisionedThroughput")
            throughput = provisioned(units) if units else index.throughput
            kept.append(_fresh(index, throughput, billing))
    for index in kept:
        if index.kind == "global" and billing == "PROVISIONED" and not index.throughput.read_units:
            raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")
    return tuple(kept)


def _same(own: list[Index], spec: dict[str, Any]) -> Index:
    """The source's index that an override names: restores make no new ones.

    Unverified: the text.
    """
    names = [each["AttributeName"] for each in spec["KeySchema"]]
    for index in own:
        if index.name == spec["IndexName"] and names == list(index.keys.names):
            return index
    raise invalid(f"The index {spec['IndexName']} is not one of the source table's")


def _fresh(index: Index, throughput: Throughput, billing: str) -> Index:
    """An index without rows and history."""
    provisioned_index = index.kind == "global" and billing == "PROVISIONED"
    return replace(
        index,
        space=0,
        status="ACTIVE",
        backfilling=False,
        throughput=_own(throughput) if provisioned_index else Throughput(),
        on_demand=None if billing == "PROVISIONED" else index.on_demand,
        warm=None,
    )


def _own(throughput: Throughput) -> Throughput:
    """The units without the history of their changes."""
    return Throughput(throughput.read_units, throughput.write_units)
