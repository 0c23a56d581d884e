"""UpdateStreamWarmThroughput: of a stream on demand."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream


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
            raise invalid("WarmThroughputMiBps needs a stream in ON_DEMAND mode.")  # unverified
        return msgspec.structs.replace(stream, warm_mibps=wanted, status="UPDATING")

    stream = await change_stream(ctx, req, changed)
    return {
        "StreamARN": stream.arn,
        "StreamName": stream.name,
        "WarmThroughput": {"TargetMiBps": wanted, "CurrentMiBps": wanted},
    }
