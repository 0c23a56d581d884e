"""ListStreams: the streams of an account and region, those of deleted tables too."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodbstreams import limits
from jedlik.services.dynamodbstreams.errors import INVALID
from jedlik.services.dynamodbstreams.stream_names import table_and_label


def limit_in_bounds(req: dict[str, Any]) -> str | None:
    if req.get("Limit", 1) <= limits.LIST_STREAMS_MAX:
        return None
    return (
        f"{INVALID}Limit cannot be greater than the maximum allowed size: {limits.LIST_STREAMS_MAX}"
    )


@operation(
    "dynamodbstreams",
    "ListStreams",
    access="list",
    permissions=on_table("ListStreams"),
    rules=[limit_in_bounds],
)
async def list_streams(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """A table that is not there has no streams; DynamoDB Local answers the same."""
    start = req.get("ExclusiveStartStreamArn")
    after = table_and_label(ctx, start) if start is not None else None
    if start is not None and after is None:
        return {"Streams": []}
    streams, more = await ctx.db.streams.page(
        ctx.account,
        ctx.region,
        table=req.get("TableName"),
        after=after,
        limit=req.get("Limit", limits.LIST_STREAMS_MAX),
    )
    answer: dict[str, Any] = {
        "Streams": [
            {"StreamArn": each.arn, "TableName": each.table, "StreamLabel": each.label}
            for each in streams
        ]
    }
    if more:
        answer["LastEvaluatedStreamArn"] = streams[-1].arn
    return answer
