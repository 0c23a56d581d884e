"""DecreaseStreamRetentionPeriod: 24 hours to 365 days."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.retention import check_hours


@operation(
    "kinesis",
    "DecreaseStreamRetentionPeriod",
    access="write",
    permissions=OnStream("DecreaseStreamRetentionPeriod"),
)
async def decrease_stream_retention_period(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    hours = req["RetentionPeriodHours"]
    check_hours(hours)

    def changed(stream: Stream) -> Stream:
        if hours > stream.retention_hours:
            raise invalid(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be "
                f"longer than existing retention period ({stream.retention_hours} hours). "
                "Use IncreaseRetentionPeriod API."
            )
        return msgspec.structs.replace(stream, retention_hours=hours)

    await change_stream(ctx, req, changed)
    return {}
