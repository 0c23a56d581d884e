"""DescribeStreamSummary: a stream without its shards."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.descriptions import shown_stream
from jedlik.services.kinesis.names import OnStream, found_stream
from jedlik.services.kinesis.store import Store


@operation(
    "kinesis",
    "DescribeStreamSummary",
    access="read",
    permissions=OnStream("DescribeStreamSummary"),
)
async def describe_stream_summary(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await found_stream(ctx, req)
    shown = shown_stream(stream)
    shown["OpenShardCount"] = len(stream.open_shards)
    shown["ConsumerCount"] = len(await Store.of(ctx.db).consumers(stream))
    shown["MaxRecordSizeInKiB"] = stream.record_kib_max
    if stream.warm_mibps is not None:
        shown["WarmThroughput"] = {
            "TargetMiBps": stream.warm_mibps,
            "CurrentMiBps": len(stream.open_shards),
        }
    if stream.distribution is not None:
        shown["RecordDistributionStrategy"] = stream.distribution
    return {"StreamDescriptionSummary": shown}
