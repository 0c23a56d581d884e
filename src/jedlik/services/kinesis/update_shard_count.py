"""UpdateShardCount: so many shards of even size, by splits and merges."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import limit_exceeded
from jedlik.services.kinesis.names import OnStream, found_stream
from jedlik.services.kinesis.quotas import check_shards
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.resharding import reshard
from jedlik.services.kinesis.shards import Shard, rescaled


@operation("kinesis", "UpdateShardCount", access="write", permissions=OnStream("UpdateShardCount"))
async def update_shard_count(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Not more than double, not less than half (API reference)."""
    target = req["TargetShardCount"]
    before = await found_stream(ctx, req)
    current = len(before.open_shards)
    await check_shards(ctx, target - current)

    def shards(stream: Stream) -> tuple[Shard, ...]:
        now = len(stream.open_shards)
        if target > 2 * now:
            raise limit_exceeded(
                "UpdateShardCount cannot scale up over double your current open shard count. "
                f"Current open shard count: {now} Target shard count: {target}"
            )
        if 2 * target < now:
            raise limit_exceeded(
                "UpdateShardCount cannot scale down below half your current open shard count. "
                f"Current open shard count: {now} Target shard count: {target}"
            )
        return rescaled(stream.shards, target, int(ctx.now * 1000))

    stream = await reshard(ctx, req, shards)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }
