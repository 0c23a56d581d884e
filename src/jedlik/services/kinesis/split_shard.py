"""SplitShard: two children for a shard, cut at a hash key."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.quotas import check_shards
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.resharding import open_shard, reshard
from jedlik.services.kinesis.shards import Shard, split


@operation("kinesis", "SplitShard", access="write", permissions=OnStream("SplitShard"))
async def split_shard(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await check_shards(ctx, 1)
    at = int(req["NewStartingHashKey"])

    def shards(stream: Stream) -> tuple[Shard, ...]:
        shard = open_shard(stream, req["ShardToSplit"])
        if not shard.low + 1 < at < shard.high:  # the text's words
            raise invalid(
                f"NewStartingHashKey {at} used in SplitShard() on shard {shard.id} in stream "
                f"{stream.name} under account {stream.account} is not both greater than one plus "
                "the shard's StartingHashKey "
                f"{shard.low} and less than the shard's EndingHashKey {shard.high - 1}."
            )
        return split(stream.shards, shard, at, int(ctx.now * 1000))

    await reshard(ctx, req, shards)
    return {}
