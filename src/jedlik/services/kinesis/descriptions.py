"""Streams, shards and consumers as answers show them."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.services.kinesis.records import Consumer, Stream
from jedlik.services.kinesis.shards import Shard
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
    kept = {each.index for each in stream.shards}
    if shard.parent is not None and shard.parent in kept:
        shown["ParentShardId"] = f"shardId-{shard.parent:012d}"
    if shard.adjacent is not None and shard.adjacent in kept:
        shown["AdjacentParentShardId"] = f"shardId-{shard.adjacent:012d}"
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
