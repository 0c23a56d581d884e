"""Which figures of its shards a stream is to show, switched on and off."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.services.kinesis.descriptions import METRICS
from jedlik.services.kinesis.names import change_stream
from jedlik.services.kinesis.records import Stream


async def monitor(ctx: Context, req: dict[str, Any], *, enable: bool) -> dict[str, Any]:
    """The answer to EnableEnhancedMonitoring or DisableEnhancedMonitoring: what was shown before
    and what is now."""
    named = METRICS if "ALL" in req["ShardLevelMetrics"] else req["ShardLevelMetrics"]
    before: list[str] = []

    def changed(stream: Stream) -> Stream:
        before[:] = stream.monitored
        wanted = {*before, *named} if enable else {*before}.difference(named)
        kept = tuple(each for each in METRICS if each in wanted)
        return msgspec.structs.replace(stream, monitored=kept)

    stream = await change_stream(ctx, req, changed)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": before,
        "DesiredShardLevelMetrics": list(stream.monitored),
    }
