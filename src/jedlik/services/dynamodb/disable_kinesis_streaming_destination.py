"""DisableKinesisStreamingDestination: later changes are not told any more."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.kinesis_destinations import (
    active_destination,
    deliver,
    destination_of,
    shown,
    with_destination,
)
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import change_table, found_table
from jedlik.tables.model import Table


@operation(
    "dynamodb",
    "DisableKinesisStreamingDestination",
    access="write",
    permissions=on_table("DisableKinesisStreamingDestination"),
)
async def disable_kinesis_streaming_destination(
    ctx: Context, req: dict[str, Any]
) -> dict[str, Any]:
    """What was written before is still delivered, while the destination is DISABLING."""
    table = await found_table(ctx, req["TableName"])
    engine = ctx.db.engine
    ends = [(await engine.log_bounds(table.log_space, i)).last for i in range(table.parts)]

    def changed(table: Table) -> Table:
        old = active_destination(table, req["StreamArn"])
        new = replace(old, status="DISABLING", stop=tuple(ends))
        return replace(table, destinations=with_destination(table, new))

    _, table = await change_table(ctx, req["TableName"], changed)
    deliver(ctx)
    found = destination_of(table, req["StreamArn"])
    assert found is not None
    return shown(table, found, None)
