"""MergeShards: one child for two shards whose hash keys adjoin."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.resharding import open_shard, reshard
from jedlik.services.kinesis.shards import Shard, adjacent, merge


@operation("kinesis", "MergeShards", access="write", permissions=OnStream("MergeShards"))
async def merge_shards(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def shards(stream: Stream) -> tuple[Shard, ...]:
        one = open_shard(stream, req["ShardToMerge"])
        other = open_shard(stream, req["AdjacentShardToMerge"])
        if one.index == other.index or not adjacent(one, other):
            raise invalid(
                f"Shards {one.id} and {other.id} in stream {stream.name} under account "
                f"{stream.account} are not an adjacent pair of shards eligible for merging"
            )
        return merge(stream.shards, one, other, int(ctx.now * 1000))

    await reshard(ctx, req, shards)
    return {}
