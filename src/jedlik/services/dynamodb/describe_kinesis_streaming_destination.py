"""DescribeKinesisStreamingDestination: those of a table, those that are disabled, too."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import found_table


@operation(
    "dynamodb",
    "DescribeKinesisStreamingDestination",
    access="read",
    permissions=on_table("DescribeKinesisStreamingDestination"),
)
async def describe_kinesis_streaming_destination(
    ctx: Context, req: dict[str, Any]
) -> dict[str, Any]:
    table = await found_table(ctx, req["TableName"])
    shown = []
    for each in table.destinations:
        shown.append(
            {
                "StreamArn": each.stream_arn,
                "DestinationStatus": each.status,
                "ApproximateCreationDateTimePrecision": each.precision,
            }
        )
        if each.description:
            shown[-1]["DestinationStatusDescription"] = each.description
    return {"TableName": table.name, "KinesisDataStreamDestinations": shown}
