"""EnableEnhancedMonitoring: which figures of shards are wanted."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.descriptions import METRICS
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream


@operation(
    "kinesis",
    "EnableEnhancedMonitoring",
    access="write",
    permissions=OnStream("EnableEnhancedMonitoring"),
)
async def enable_enhanced_monitoring(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wanted = METRICS if "ALL" in req["ShardLevelMetrics"] else req["ShardLevelMetrics"]
    before: list[str] = []

    def changed(stream: Stream) -> Stream:
        now = stream.monitored
        before[:] = now
        kept = [each for each in METRICS if each in now or each in wanted]
        return msgspec.structs.replace(stream, monitored=tuple(kept))

    stream = await change_stream(ctx, req, changed)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": before,
        "DesiredShardLevelMetrics": list(stream.monitored),
    }
