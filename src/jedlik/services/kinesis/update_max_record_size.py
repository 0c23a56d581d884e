"""UpdateMaxRecordSize: 1 to 10 MiB."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream


@operation(
    "kinesis", "UpdateMaxRecordSize", access="write", permissions=OnStream("UpdateMaxRecordSize")
)
async def update_max_record_size(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def changed(stream: Stream) -> Stream:
        return msgspec.structs.replace(
            stream, record_kib_max=req["MaxRecordSizeInKiB"], status="UPDATING"
        )

    await change_stream(ctx, req, changed)
    return {}
