"""StopStreamEncryption: records are not marked any more."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream


@operation(
    "kinesis", "StopStreamEncryption", access="write", permissions=OnStream("StopStreamEncryption")
)
async def stop_stream_encryption(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def changed(stream: Stream) -> Stream:
        return msgspec.structs.replace(stream, key_id=None, status="UPDATING")

    await change_stream(ctx, req, changed)
    return {}
