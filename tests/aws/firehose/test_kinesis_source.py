"""Delivery streams that read a Kinesis stream, through splits and merges."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from typing import Any

from tests.aws.firehose.conftest import ROLE, delivered, described, objects, reading, until
from tests.aws.firehose.test_streams import refusal
from tests.aws.kinesis.conftest import settled


def test_everything_put_since_then_is_delivered_once_through_a_split_and_a_merge(
    firehose: Any,
    s3: Any,
    bucket: str,
    kinesis: Any,
    make_source: Callable[[int], tuple[str, str]],
    make_stream: Callable[..., str],
) -> None:
    source, arn = make_source(2)
    kinesis.put_record(StreamName=source, PartitionKey="k", Data=b"before\n")
    name = make_stream(bucket, parameters=reading(arn))
    found = described(firehose, name)
    assert found["DeliveryStreamType"] == "KinesisStreamAsSource"
    told = found["Source"]["KinesisStreamSourceDescription"]
    assert (told["KinesisStreamARN"], told["RoleARN"]) == (arn, ROLE)
    assert told["DeliveryStartTimestamp"] >= found["CreateTimestamp"]
    assert "DeliveryStreamEncryptionConfiguration" not in found
    numbers = iter(range(1000))

    def put(count: int) -> None:
        records = [
            {"PartitionKey": f"k{i % 7}", "Data": f"k{i % 7} {i:04d}\n".encode()}
            for i in (next(numbers) for _ in range(count))
        ]
        assert kinesis.put_records(StreamName=source, Records=records)["FailedRecordCount"] == 0

    put(100)
    first = kinesis.list_shards(StreamName=source)["Shards"][0]
    middle = (int(first["HashKeyRange"]["EndingHashKey"]) + 1) // 2
    kinesis.split_shard(
        StreamName=source, ShardToSplit=first["ShardId"], NewStartingHashKey=str(middle)
    )
    put(100)
    settled(kinesis, source)
    put(100)
    halves = [
        each["ShardId"]
        for each in kinesis.list_shards(StreamName=source)["Shards"]
        if each.get("ParentShardId") == first["ShardId"]
    ]
    kinesis.merge_shards(StreamName=source, ShardToMerge=halves[0], AdjacentShardToMerge=halves[1])
    settled(kinesis, source)
    put(100)
    objects_ = delivered(s3, bucket, 400 * len("k0 0000\n"))
    lines = [line for data in objects_.values() for line in data.decode().splitlines()]
    assert sorted(lines) == sorted(f"k{i % 7} {i:04d}" for i in range(400))


def test_puts_are_refused(
    firehose: Any,
    bucket: str,
    make_source: Callable[[int], tuple[str, str]],
    make_stream: Callable[..., str],
) -> None:
    _, arn = make_source(1)
    name = make_stream(bucket, parameters=reading(arn))
    wanted = (
        "InvalidArgumentException",
        "This operation is not permitted on KinesisStreamAsSource delivery stream type.",
    )
    one, many = {"Data": b"x"}, [{"Data": b"x"}]
    assert refusal(firehose.put_record, DeliveryStreamName=name, Record=one) == wanted
    assert refusal(firehose.put_record_batch, DeliveryStreamName=name, Records=many) == wanted
    assert refusal(firehose.start_delivery_stream_encryption, DeliveryStreamName=name) == (
        "InvalidArgumentException",
        "Server-side encryption can only be configured for delivery streams of the type DirectPut.",
    )


def field(number: int, data: bytes) -> bytes:
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def test_aggregates_of_the_producer_library_are_taken_apart(
    s3: Any,
    bucket: str,
    kinesis: Any,
    make_source: Callable[[int], tuple[str, str]],
    make_stream: Callable[..., str],
) -> None:
    source, arn = make_source(1)
    make_stream(
        bucket,
        parameters=reading(arn),
        ProcessingConfiguration={
            "Enabled": True,
            "Processors": [{"Type": "AppendDelimiterToRecord"}],
        },
    )
    message = field(1, b"key") + b"".join(
        field(3, b"\x08\x00" + field(3, each)) for each in (b"one", b"two")
    )
    packed = b"\xf3\x89\x9a\xc2" + message + md5(message, usedforsecurity=False).digest()
    kinesis.put_record(StreamName=source, PartitionKey="a", Data=packed)
    found = delivered(s3, bucket, len(b"one\ntwo\n"))
    assert b"".join(found.values()) == b"one\ntwo\n"


def test_changes_of_a_table_arrive_in_s3(
    s3: Any,
    dynamodb: Any,
    table: str,
    bucket: str,
    make_source: Callable[[int], tuple[str, str]],
    make_stream: Callable[..., str],
) -> None:
    _, arn = make_source(1)
    dynamodb.enable_kinesis_streaming_destination(TableName=table, StreamArn=arn)
    until(
        lambda: dynamodb.describe_kinesis_streaming_destination(TableName=table),
        lambda found: found["KinesisDataStreamDestinations"][0]["DestinationStatus"] == "ACTIVE",
    )
    make_stream(bucket, parameters=reading(arn))
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "from a table"}})
    found = until(lambda: objects(s3, bucket), lambda found: len(found) == 1)
    assert b'"from a table"' in b"".join(found.values())
