"""UpdateStreamMode: provisioned, or on demand."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import limit_exceeded
from jedlik.services.kinesis.growth import DAY_MS
from jedlik.services.kinesis.limits import MODE_CHANGES_MAX, ON_DEMAND_SHARDS_MAX
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.shards import grown


@operation("kinesis", "UpdateStreamMode", access="write", permissions=OnStream("UpdateStreamMode"))
async def update_stream_mode(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """The shards stay as they are (developer guide, "Choose the right mode"), but for warm
    throughput that asks for more."""
    mode = req["StreamModeDetails"]["StreamMode"]
    now_ms = int(ctx.now * 1000)

    def changed(stream: Stream) -> Stream:
        if mode == stream.mode:
            return msgspec.structs.replace(stream, status="UPDATING")
        lately = tuple(at for at in stream.mode_changes_ms if at > now_ms - DAY_MS)
        if len(lately) >= MODE_CHANGES_MAX and getattr(ctx.settings, "throttling", "on") == "on":
            raise limit_exceeded(  # unverified text
                f"The mode of stream {stream.name} under account {stream.account} can be changed "
                f"{MODE_CHANGES_MAX} times in 24 hours."
            )
        warm = req.get("WarmThroughputMiBps") if mode == "ON_DEMAND" else None
        return msgspec.structs.replace(
            stream,
            mode=mode,
            warm_mibps=warm,
            distribution=stream.distribution if mode == "ON_DEMAND" else None,
            shards=grown(stream.shards, min(warm or 0, ON_DEMAND_SHARDS_MAX), now_ms),
            peaks=(),
            mode_changes_ms=(*lately, now_ms),
            status="UPDATING",
        )

    await change_stream(ctx, req, changed)
    return {}
