"""UpdateShardCount: so many shards of even size, by splits and merges."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import limit_exceeded
from jedlik.services.kinesis.growth import DAY_MS
from jedlik.services.kinesis.limits import RESCALES_MAX
from jedlik.services.kinesis.names import OnStream, found_stream
from jedlik.services.kinesis.quotas import check_shards
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.resharding import reshard_stream
from jedlik.services.kinesis.shards import rescaled


@operation("kinesis", "UpdateShardCount", access="write", permissions=OnStream("UpdateShardCount"))
async def update_shard_count(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Not more than double, not less than half, ten times in 24 hours (API reference). Its 10,000
    shards of one stream are more than an account has here."""
    target, now_ms = req["TargetShardCount"], int(ctx.now * 1000)
    before = await found_stream(ctx, req)
    current = len(before.open_shards)
    await check_shards(ctx, target - current)
    limited = getattr(ctx.settings, "throttling", "on") == "on"

    def changed(stream: Stream) -> Stream:
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
        lately = tuple(at for at in stream.rescales_ms if at > now_ms - DAY_MS)
        if limited and len(lately) >= RESCALES_MAX:
            raise limit_exceeded(  # unverified text
                f"UpdateShardCount can be called {RESCALES_MAX} times in a rolling 24-hour period "
                f"for stream {stream.name} under account {stream.account}."
            )
        return msgspec.structs.replace(
            stream,
            shards=rescaled(stream.shards, target, now_ms),
            rescales_ms=(*lately, now_ms),
        )

    stream = await reshard_stream(ctx, req, changed)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }
