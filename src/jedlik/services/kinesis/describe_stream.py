"""DescribeStream: a stream and a page of its shards."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.descriptions import shown_shard, shown_stream
from jedlik.services.kinesis.limits import DESCRIBE_SHARDS
from jedlik.services.kinesis.names import OnStream, found_stream
from jedlik.services.kinesis.shards import index_of


@operation("kinesis", "DescribeStream", access="read", permissions=OnStream("DescribeStream"))
async def describe_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await found_stream(ctx, req)
    after = (
        index_of(req.get("ExclusiveStartShardId", "")) if req.get("ExclusiveStartShardId") else None
    )
    rest = [each for each in stream.shards if after is None or each.index > after]
    limit = req.get("Limit", DESCRIBE_SHARDS)
    shown = shown_stream(stream)
    ready = stream.status not in ("CREATING", "DELETING")
    shown["Shards"] = [await shown_shard(ctx, stream, each) for each in rest[:limit] if ready]
    shown["HasMoreShards"] = ready and len(rest) > limit
    return {"StreamDescription": shown}
