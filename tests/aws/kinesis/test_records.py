"""PutRecord, PutRecords, GetShardIterator, GetRecords with boto3."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.aws.kinesis.conftest import WAIT_S_MAX, drain, iterator, settled

FIRST = "shardId-000000000000"


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return str(raised.value.response["Error"]["Code"])


def test_what_is_put_is_read_in_order(kinesis: Any, stream: str) -> None:
    numbers = [
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=bytes([i]))["SequenceNumber"]
        for i in range(5)
    ]
    assert numbers == sorted(numbers, key=int)
    assert len(set(map(int, numbers))) == 5
    records, answer = drain(kinesis, iterator(kinesis, stream, FIRST))
    assert [record["Data"] for record in records] == [bytes([i]) for i in range(5)]
    assert [record["SequenceNumber"] for record in records] == numbers
    assert {record["PartitionKey"] for record in records} == {"k"}
    assert "NextShardIterator" in answer


def test_keys_choose_shards_by_their_md5(kinesis: Any, make_stream: Callable[..., str]) -> None:
    import hashlib

    name = make_stream(ShardCount=3)
    ranges = {
        shard["ShardId"]: tuple(int(edge) for edge in shard["HashKeyRange"].values())
        for shard in kinesis.list_shards(StreamName=name)["Shards"]
    }
    answer = kinesis.put_records(
        StreamName=name,
        Records=[{"PartitionKey": f"k{i}", "Data": b"x"} for i in range(40)],
    )
    assert answer["FailedRecordCount"] == 0
    for i, result in enumerate(answer["Records"]):
        place = int(hashlib.md5(f"k{i}".encode()).hexdigest(), 16)
        low, high = sorted(ranges[result["ShardId"]])
        assert low <= place <= high
    assert len({result["ShardId"] for result in answer["Records"]}) == 3


def test_an_explicit_hash_key_overrides_the_partition_key(
    kinesis: Any, make_stream: Callable[..., str]
) -> None:
    name = make_stream(ShardCount=2)
    for explicit, shard in (("0", 0), (str(2**128 - 1), 1)):
        put = kinesis.put_record(
            StreamName=name, PartitionKey="same", ExplicitHashKey=explicit, Data=b""
        )
        assert put["ShardId"] == f"shardId-{shard:012d}"
    with pytest.raises(ClientError) as raised:
        kinesis.put_record(StreamName=name, PartitionKey="k", ExplicitHashKey=str(2**128), Data=b"")
    assert code(raised) == "InvalidArgumentException"


def test_iterator_types(kinesis: Any, stream: str) -> None:
    put = [
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=bytes([i])) for i in range(3)
    ]
    second = put[1]["SequenceNumber"]

    def read(kind: str, **more: Any) -> list[int]:
        records, _ = drain(kinesis, iterator(kinesis, stream, FIRST, kind, **more))
        return [record["Data"][0] for record in records]

    assert read("AT_SEQUENCE_NUMBER", StartingSequenceNumber=second) == [1, 2]
    assert read("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=second) == [2]
    latest = iterator(kinesis, stream, FIRST, "LATEST")
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"\x09")
    records, _ = drain(kinesis, latest)
    assert [record["Data"] for record in records] == [b"\x09"]
    at = records[0]["ApproximateArrivalTimestamp"]
    assert read("AT_TIMESTAMP", Timestamp=at)[-1] == 9
    assert read("AT_TIMESTAMP", Timestamp=1.0) == [0, 1, 2, 9]
    with pytest.raises(ClientError) as raised:
        read("AT_SEQUENCE_NUMBER", StartingSequenceNumber="12345")
    assert code(raised) == "InvalidArgumentException"


def test_a_forged_iterator_is_refused(kinesis: Any, stream: str) -> None:
    good = iterator(kinesis, stream, FIRST)
    swapped = ("A" if good[0] != "A" else "B") + good[1:]
    for bad in (swapped, "nonsense"):
        with pytest.raises(ClientError) as raised:
            kinesis.get_records(ShardIterator=bad)
        assert code(raised) == "InvalidArgumentException"


def test_limit_and_what_is_behind(kinesis: Any, stream: str) -> None:
    kinesis.put_records(
        StreamName=stream, Records=[{"PartitionKey": "k", "Data": bytes([i])} for i in range(5)]
    )
    first = kinesis.get_records(ShardIterator=iterator(kinesis, stream, FIRST), Limit=2)
    assert [record["Data"] for record in first["Records"]] == [b"\0", b"\1"]
    rest = kinesis.get_records(ShardIterator=first["NextShardIterator"])
    assert len(rest["Records"]) == 3
    assert rest["MillisBehindLatest"] == 0


def test_record_sizes(kinesis: Any, stream: str) -> None:
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=bytes(1 << 20))
    with pytest.raises(ClientError) as raised:
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=bytes((1 << 20) + 1))
    assert code(raised) == "ValidationException"
    arn = settled(kinesis, stream)["StreamARN"]
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=2048)
    assert settled(kinesis, stream)["MaxRecordSizeInKiB"] == 2048


def test_a_shard_takes_a_thousand_records_a_second(kinesis: Any, stream: str) -> None:
    batch = [{"PartitionKey": "k", "Data": b"x"} for _ in range(500)]
    deadline = time.monotonic() + WAIT_S_MAX
    taken = 0
    while time.monotonic() < deadline:
        answer = kinesis.put_records(StreamName=stream, Records=batch)
        taken += 500 - answer["FailedRecordCount"]
        refused = [each for each in answer["Records"] if "ErrorCode" in each]
        assert len(refused) == answer["FailedRecordCount"]
        if refused:
            break
    assert refused[0]["ErrorCode"] == "ProvisionedThroughputExceededException"
    assert f"Rate exceeded for shard {FIRST} in stream {stream}" in refused[0]["ErrorMessage"]
    assert taken >= 1000
    shown = []
    place: str | None = iterator(kinesis, stream, FIRST)
    while place and len(shown) < taken:
        try:
            answer = kinesis.get_records(ShardIterator=place)
        except kinesis.exceptions.ProvisionedThroughputExceededException:
            time.sleep(0.25)
            continue
        shown += answer["Records"]
        place = answer.get("NextShardIterator")
    assert len(shown) == taken


def test_five_reads_of_a_shard_a_second(kinesis: Any, stream: str) -> None:
    place = iterator(kinesis, stream, FIRST)
    deadline = time.monotonic() + WAIT_S_MAX
    answered = 0
    with pytest.raises(ClientError) as raised:
        while time.monotonic() < deadline:
            place = kinesis.get_records(ShardIterator=place)["NextShardIterator"]
            answered += 1
    assert answered >= 5
    assert code(raised) == "ProvisionedThroughputExceededException"


def test_aggregated_records_are_left_as_they_are(kinesis: Any, stream: str) -> None:
    """What AWS's producer library packs, its consumer library unpacks."""
    packed = b"\xf3\x89\x9a\xc2" + bytes(range(256)) + bytes(16)
    kinesis.put_record(StreamName=stream, PartitionKey="a", Data=packed)
    records, _ = drain(kinesis, iterator(kinesis, stream, FIRST))
    assert [each["Data"] for each in records] == [packed]


def test_what_one_call_takes(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream(ShardCount=4)
    for many in (0, 501):
        with pytest.raises((ClientError, ParamValidationError)) as raised:
            kinesis.put_records(
                StreamName=name, Records=[{"PartitionKey": "k", "Data": b""}] * many
            )
        if many:
            assert code(raised) == "ValidationException"
    large = [{"PartitionKey": str(i), "Data": bytes(1 << 20)} for i in range(11)]
    with pytest.raises(ClientError) as raised:
        kinesis.put_records(StreamName=name, Records=large)
    assert code(raised) == "InvalidArgumentException"
    with pytest.raises(ClientError) as raised:
        kinesis.put_record(StreamName=name, PartitionKey="k" * 257, Data=b"")
    assert code(raised) == "ValidationException"


def test_a_dry_run_does_nothing(kinesis: Any, stream: str) -> None:
    """It ends with the error of the model; whoever asks wrongly hears of that."""
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    record = {"Data": b"x", "PartitionKey": "k"}
    start = {"ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    place = kinesis.get_shard_iterator(StreamName=stream, **start)["ShardIterator"]
    for call, request in (
        (kinesis.put_record, {"StreamName": stream, **record}),
        (kinesis.put_records, {"StreamName": stream, "Records": [record]}),
        (kinesis.get_shard_iterator, {"StreamName": stream, **start}),
        (kinesis.get_records, {"ShardIterator": place}),
    ):
        with pytest.raises(ClientError) as ended:
            call(**request, DryRun=True)
        assert ended.value.response["Error"]["Code"] == "DryRunOperationException"
    assert kinesis.get_records(ShardIterator=place)["Records"] == []
    with pytest.raises(ClientError) as ended:
        kinesis.put_record(StreamName=f"{stream}-not", **record, DryRun=True)
    assert ended.value.response["Error"]["Code"] == "ResourceNotFoundException"
