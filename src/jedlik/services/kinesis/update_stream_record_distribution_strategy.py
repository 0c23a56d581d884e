"""UpdateStreamRecordDistributionStrategy: of a stream on demand, with or without partition keys."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.distribution import check_distribution
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream


@operation(
    "kinesis",
    "UpdateStreamRecordDistributionStrategy",
    access="write",
    permissions=OnStream("UpdateStreamRecordDistributionStrategy"),
)
async def update_stream_record_distribution_strategy(
    ctx: Context, req: dict[str, Any]
) -> dict[str, Any]:
    """Takes effect at once; records that are there stay where they are."""
    strategy = req["RecordDistributionStrategy"]

    def changed(stream: Stream) -> Stream:
        check_distribution(stream.mode, strategy)
        return msgspec.structs.replace(stream, distribution=strategy)

    await change_stream(ctx, req, changed)
    return {}
