"""EnableKinesisStreamingDestination: from now on a stream is told of every change."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import validation
from jedlik.services.dynamodb.kinesis_destinations import (
    DEFAULT_PRECISION,
    MAX,
    deliver,
    destination_of,
    shown,
    target_stream,
    with_destination,
)
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import active_table, change_table, now_ms
from jedlik.tables.model import Destination, Table


@operation(
    "dynamodb",
    "EnableKinesisStreamingDestination",
    access="write",
    permissions=on_table("EnableKinesisStreamingDestination"),
)
async def enable_kinesis_streaming_destination(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn = req["StreamArn"]
    table = await active_table(ctx, req["TableName"])
    stream = await target_stream(ctx, arn)
    engine = ctx.db.engine
    ends = [(await engine.log_bounds(table.log_space, i)).last for i in range(table.parts)]
    settings = req.get("EnableKinesisStreamingConfiguration", {})
    new = Destination(
        stream_arn=arn,
        space=stream.space,
        status="ENABLING",
        precision=settings.get("ApproximateCreationDateTimePrecision", DEFAULT_PRECISION),
        start=tuple(ends),
        since_ms=now_ms(ctx),
    )

    def changed(now: Table) -> Table:
        old = destination_of(now, arn)
        if old is not None and old.status != "DISABLED":  # unverified text
            raise validation(
                "Table is not in a valid state to enable Kinesis Streaming Destination: "
                "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform "
                "ENABLE operation."
            )
        if sum(1 for each in now.destinations if each.is_on) >= MAX:  # unverified text
            raise validation(f"A table can have at most {MAX} Kinesis Streaming Destinations")
        return replace(now, destinations=with_destination(now, new))

    _, table = await change_table(ctx, req["TableName"], changed)
    deliver(ctx)
    return shown(table, new, "EnableKinesisStreamingConfiguration" if settings else None)
