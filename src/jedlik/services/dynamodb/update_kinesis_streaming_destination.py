"""UpdateKinesisStreamingDestination: the precision of times in what follows."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.kinesis_destinations import (
    active_destination,
    deliver,
    destination_of,
    same_precision,
    shown,
    with_destination,
)
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import change_table
from jedlik.tables.model import Table


@operation(
    "dynamodb",
    "UpdateKinesisStreamingDestination",
    access="write",
    permissions=on_table("UpdateKinesisStreamingDestination"),
)
async def update_kinesis_streaming_destination(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req.get("UpdateKinesisStreamingConfiguration", {})

    def changed(table: Table) -> Table:
        old = active_destination(table, req["StreamArn"])
        precision = wanted.get("ApproximateCreationDateTimePrecision", old.precision)
        if precision == old.precision:
            raise same_precision(table, old)
        new = replace(old, status="UPDATING", precision=precision)
        return replace(table, destinations=with_destination(table, new))

    _, table = await change_table(ctx, req["TableName"], changed)
    deliver(ctx)
    found = destination_of(table, req["StreamArn"])
    assert found is not None
    return shown(table, found, "UpdateKinesisStreamingConfiguration")
