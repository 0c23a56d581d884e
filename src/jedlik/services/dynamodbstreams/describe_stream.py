"""DescribeStream: a stream and its shards, parents before children."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.changes.shards import Shard
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodbstreams import limits
from jedlik.services.dynamodbstreams.errors import INVALID, ResourceNotFound, invalid
from jedlik.services.dynamodbstreams.stream_names import found_stream
from jedlik.tables.streams import Stream


def limit_in_bounds(req: dict[str, Any]) -> str | None:
    if req.get("Limit", 1) <= limits.DESCRIBE_SHARDS_MAX:
        return None
    return f"{INVALID}Limit cannot be greater than the maximum: {limits.DESCRIBE_SHARDS_MAX}"


@operation(
    "dynamodbstreams",
    "DescribeStream",
    access="read",
    permissions=on_table("DescribeStream"),
    rules=[limit_in_bounds],
)
async def describe_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await found_stream(ctx, req["StreamArn"])
    shards = sorted(stream.shards, key=lambda shard: shard.id)
    shards = _filtered(shards, req.get("ShardFilter"))
    start = req.get("ExclusiveStartShardId")
    if start is not None:
        shards = [shard for shard in shards if shard.id > start]
    limit = req.get("Limit", limits.DESCRIBE_SHARDS_MAX)
    shown = _described(stream)
    shown["Shards"] = [_shard(shard) for shard in shards[:limit]]
    if len(shards) > limit:
        shown["LastEvaluatedShardId"] = shards[limit - 1].id
    return {"StreamDescription": shown}


def _filtered(shards: list[Shard], wanted: dict[str, Any] | None) -> list[Shard]:
    """Only the children of one shard, where a filter asks for them. Unverified: the refusals."""
    if wanted is None:
        return shards
    if "Type" not in wanted:
        raise invalid("ShardFilter must have a Type")
    parent = wanted.get("ShardId")
    if parent is None:
        raise invalid("ShardId must be specified when ShardFilter Type is CHILD_SHARDS")
    children = [shard for shard in shards if shard.parent == parent]
    if not children and all(shard.id != parent for shard in shards):
        raise ResourceNotFound.shard()
    return children


def _described(stream: Stream) -> dict[str, Any]:
    return {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.closed_at_ms is None else "DISABLED",
        "StreamViewType": stream.view_type,
        "CreationRequestDateTime": stream.opened_at_ms / 1000,
        "TableName": stream.table,
        "KeySchema": [
            *({"AttributeName": each.name, "KeyType": "HASH"} for each in stream.keys.partition),
            *({"AttributeName": each.name, "KeyType": "RANGE"} for each in stream.keys.sort),
        ],
    }


def _shard(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": shard.first_number}
    if shard.last_number is not None:
        numbers["EndingSequenceNumber"] = shard.last_number
    shown: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    if shard.parent is not None:
        shown["ParentShardId"] = shard.parent
    return shown
