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
from jedlik.services.dynamodb.table_changes import change_table
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
    def changed(table: Table) -> Table:
        old = active_destination(table, req["StreamArn"])
        return replace(
            table, destinations=with_destination(table, replace(old, status="DISABLING"))
        )

    _, table = await change_table(ctx, req["TableName"], changed)
    deliver(ctx)
    found = destination_of(table, req["StreamArn"])
    assert found is not None
    return shown(table, found, None)
