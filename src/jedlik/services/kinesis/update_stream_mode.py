"""UpdateStreamMode: provisioned, or on demand."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream


@operation("kinesis", "UpdateStreamMode", access="write", permissions=OnStream("UpdateStreamMode"))
async def update_stream_mode(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """The shards stay as they are (developer guide, "Choose the right mode")."""
    mode = req["StreamModeDetails"]["StreamMode"]

    def changed(stream: Stream) -> Stream:
        warm = req.get("WarmThroughputMiBps", stream.warm_mibps) if mode == "ON_DEMAND" else None
        return msgspec.structs.replace(stream, mode=mode, warm_mibps=warm, status="UPDATING")

    await change_stream(ctx, req, changed)
    return {}
