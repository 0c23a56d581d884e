"""Streams, shards and consumers as answers show them."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.services.kinesis.records import Consumer, Stream
from jedlik.services.kinesis.shards import Shard, shard_id
from jedlik.services.kinesis.store import Store

METRICS = ("IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
           "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded",
           "IteratorAgeMilliseconds")  # fmt: skip


async def shown_shard(ctx: Context, stream: Stream, shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": shard.number(0)}
    if not shard.is_open:
        bounds = await Store.of(ctx.db).bounds(stream, shard.index)
        numbers["EndingSequenceNumber"] = shard.end_number(bounds.last)
    shown: dict[str, Any] = {"ShardId": shard.id}
    # Parents that are no longer kept, too: AWS's readers (the KCL, Flink's) know a parent that is
    # named and not listed for one that has expired.
    if shard.parent is not None:
        shown["ParentShardId"] = shard_id(shard.parent)
    if shard.adjacent is not None:
        shown["AdjacentParentShardId"] = shard_id(shard.adjacent)
    shown["HashKeyRange"] = {"StartingHashKey": shard.first, "EndingHashKey": shard.last}
    shown["SequenceNumberRange"] = numbers
    return shown


def shown_stream(stream: Stream) -> dict[str, Any]:
    """What DescribeStream and DescribeStreamSummary have in common."""
    shown: dict[str, Any] = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": stream.created_ms // 1000,
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(stream.monitored)}],
        "EncryptionType": stream.encryption,
    }
    if stream.key_id is not None:
        shown["KeyId"] = stream.key_id
    return shown


def shown_consumer(consumer: Consumer) -> dict[str, Any]:
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": consumer.arn,
        "ConsumerStatus": consumer.status,
        "ConsumerCreationTimestamp": consumer.created_ms // 1000,
    }
