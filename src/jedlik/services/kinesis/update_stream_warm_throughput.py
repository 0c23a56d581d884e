"""UpdateStreamWarmThroughput: shards for so many MiB a second at once, of a stream on demand.

A smaller number than before only forgets the larger: shards are not merged (docs/differences.md).
"""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import limit_exceeded, wrong_mode
from jedlik.services.kinesis.limits import ON_DEMAND_SHARDS_MAX
from jedlik.services.kinesis.names import OnStream, change_stream, found_stream
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.shards import grown


@operation(
    "kinesis",
    "UpdateStreamWarmThroughput",
    access="write",
    permissions=OnStream("UpdateStreamWarmThroughput"),
)
async def update_stream_warm_throughput(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["WarmThroughputMiBps"]

    def changed(stream: Stream) -> Stream:
        if stream.mode != "ON_DEMAND":
            raise wrong_mode(stream.name, stream.account, stream.mode)
        shards = grown(stream.shards, wanted, int(ctx.now * 1000))
        return msgspec.structs.replace(stream, warm_mibps=wanted, shards=shards, status="UPDATING")

    if wanted > ON_DEMAND_SHARDS_MAX:
        raise limit_exceeded(f"A stream takes up to {ON_DEMAND_SHARDS_MAX} MiB/s.")  # unverified
    before = await found_stream(ctx, req)
    stream = await change_stream(ctx, req, changed)
    return {
        "StreamARN": stream.arn,
        "StreamName": stream.name,
        "WarmThroughput": {"TargetMiBps": wanted, "CurrentMiBps": len(before.open_shards)},
    }
