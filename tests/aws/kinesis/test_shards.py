"""Splitting and merging, and the order of records through it."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.kinesis.conftest import drain, iterator, settled


def shards_of(kinesis: Any, name: str, **more: Any) -> list[dict[str, Any]]:
    return list(kinesis.list_shards(StreamName=name, **more)["Shards"])


def is_open(shard: dict[str, Any]) -> bool:
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def test_a_split_has_two_children(kinesis: Any, stream: str) -> None:
    before = kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"1")
    kinesis.split_shard(
        StreamName=stream, ShardToSplit=before["ShardId"], NewStartingHashKey=str(2**127)
    )
    settled(kinesis, stream)
    parent, left, right = shards_of(kinesis, stream)
    assert not is_open(parent)
    assert left["ParentShardId"] == right["ParentShardId"] == parent["ShardId"]
    assert int(left["HashKeyRange"]["EndingHashKey"]) + 1 == 2**127
    assert int(right["HashKeyRange"]["StartingHashKey"]) == 2**127
    after = kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"2")
    assert int(after["SequenceNumber"]) > int(before["SequenceNumber"])
    records, answer = drain(kinesis, iterator(kinesis, stream, parent["ShardId"]))
    assert [record["Data"] for record in records] == [b"1"]
    assert {child["ShardId"] for child in answer["ChildShards"]} == {
        left["ShardId"],
        right["ShardId"],
    }
    open_ones = shards_of(kinesis, stream, ShardFilter={"Type": "AT_LATEST"})
    assert [shard["ShardId"] for shard in open_ones] == [left["ShardId"], right["ShardId"]]
    for bad in ("0", "1", str(2**127 - 1), str(2**128 - 1)):
        with pytest.raises(ClientError) as raised:
            kinesis.split_shard(
                StreamName=stream, ShardToSplit=left["ShardId"], NewStartingHashKey=bad
            )
        assert raised.value.response["Error"]["Code"] == "InvalidArgumentException"


def test_shards_of_a_time(kinesis: Any, stream: str) -> None:
    def ids(kind: str, **more: Any) -> list[str]:
        wanted = {"Type": kind, **more}
        return [each["ShardId"][-1] for each in shards_of(kinesis, stream, ShardFilter=wanted)]

    created = settled(kinesis, stream)["StreamCreationTimestamp"].timestamp()
    time.sleep(max(0.0, created + 1.1 - time.time()))  # the times that are told are whole seconds
    before = time.time()
    time.sleep(0.01)
    kinesis.split_shard(
        StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    settled(kinesis, stream)
    after = time.time()
    assert ids("AT_TIMESTAMP", Timestamp=before) == ["0"]
    assert ids("FROM_TIMESTAMP", Timestamp=before) == ["0", "1", "2"]
    assert ids("AT_TIMESTAMP", Timestamp=after) == ids("AT_LATEST") == ["1", "2"]
    assert ids("FROM_TIMESTAMP", Timestamp=after) == ["1", "2"]
    assert ids("AT_TRIM_HORIZON") == ["0"]
    assert ids("FROM_TRIM_HORIZON") == ["0", "1", "2"]
    assert ids("AFTER_SHARD_ID", ShardId="shardId-000000000001") == ["2"]
    for lacking in ("AT_TIMESTAMP", "FROM_TIMESTAMP", "AFTER_SHARD_ID"):
        with pytest.raises(ClientError) as raised:
            ids(lacking)
        assert raised.value.response["Error"]["Code"] == "InvalidArgumentException"


def test_only_neighbours_merge(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream(ShardCount=3)
    one, two, three = (shard["ShardId"] for shard in shards_of(kinesis, name))
    with pytest.raises(ClientError) as raised:
        kinesis.merge_shards(StreamName=name, ShardToMerge=one, AdjacentShardToMerge=three)
    assert raised.value.response["Error"]["Code"] == "InvalidArgumentException"
    kinesis.merge_shards(StreamName=name, ShardToMerge=two, AdjacentShardToMerge=one)
    assert settled(kinesis, name)["OpenShardCount"] == 2
    child = shards_of(kinesis, name)[-1]
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (two, one)
    assert child["HashKeyRange"]["StartingHashKey"] == "0"


def test_update_shard_count(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream(ShardCount=2)

    def scale(count: int) -> dict[str, Any]:
        answer: dict[str, Any] = kinesis.update_shard_count(
            StreamName=name, TargetShardCount=count, ScalingType="UNIFORM_SCALING"
        )
        return answer

    answer = scale(3)
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (2, 3)
    settled(kinesis, name)
    open_ones = shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"})
    edges = sorted(int(shard["HashKeyRange"]["StartingHashKey"]) for shard in open_ones)
    assert edges == [0, 2**128 // 3, 2**128 * 2 // 3]
    for count in (7, 1):
        with pytest.raises(ClientError) as raised:
            scale(count)
        assert raised.value.response["Error"]["Code"] == "LimitExceededException"


def test_the_shard_count_changes_ten_times_a_day(kinesis: Any, stream: str) -> None:
    # A refused call does not count.
    with pytest.raises(ClientError):
        kinesis.update_shard_count(
            StreamName=stream, TargetShardCount=3, ScalingType="UNIFORM_SCALING"
        )
    for count in (2, 1) * 5:
        kinesis.update_shard_count(
            StreamName=stream, TargetShardCount=count, ScalingType="UNIFORM_SCALING"
        )
        settled(kinesis, stream)
    with pytest.raises(ClientError) as raised:
        kinesis.update_shard_count(
            StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
        )
    assert raised.value.response["Error"]["Code"] == "LimitExceededException"
    assert "24-hour" in raised.value.response["Error"]["Message"]
    # SplitShard is not among them.
    kinesis.split_shard(
        StreamName=stream,
        ShardToSplit=shards_of(kinesis, stream)[-1]["ShardId"],
        NewStartingHashKey=str(2**127),
    )
    assert settled(kinesis, stream)["OpenShardCount"] == 2


def test_a_stream_of_another_time_is_another_one(kinesis: Any, stream: str) -> None:
    summary = settled(kinesis, stream)
    made, arn = summary["StreamCreationTimestamp"], summary["StreamARN"]
    kinesis.list_shards(StreamName=stream, StreamCreationTimestamp=made)
    kinesis.list_stream_consumers(StreamARN=arn, StreamCreationTimestamp=made)
    before = made - timedelta(seconds=5)
    for call in (
        lambda: kinesis.list_shards(StreamName=stream, StreamCreationTimestamp=before),
        lambda: kinesis.list_stream_consumers(StreamARN=arn, StreamCreationTimestamp=before),
    ):
        with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
            call()


def test_pages_of_shards(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream(ShardCount=5)
    page = kinesis.list_shards(StreamName=name, MaxResults=2)
    found = [shard["ShardId"] for shard in page["Shards"]]
    while "NextToken" in page:
        page = kinesis.list_shards(NextToken=page["NextToken"], MaxResults=2)
        found += [shard["ShardId"] for shard in page["Shards"]]
    assert found == [f"shardId-{i:012d}" for i in range(5)]
    described = kinesis.describe_stream(
        StreamName=name, Limit=2, ExclusiveStartShardId="shardId-000000000001"
    )["StreamDescription"]
    assert [shard["ShardId"] for shard in described["Shards"]] == found[2:4]
    assert described["HasMoreShards"]


@pytest.mark.parametrize("seed", range(3))
def test_order_of_each_key_through_splits_and_merges(
    seed: int, kinesis: Any, make_stream: Callable[..., str]
) -> None:
    """Whoever reads parents before children sees each key's records once and in order."""
    chance = random.Random(seed)
    name = make_stream(ShardCount=2)
    sent: dict[str, list[int]] = defaultdict(list)
    for i in range(60):
        key = f"k{chance.randrange(8)}"
        put = kinesis.put_record(StreamName=name, PartitionKey=key, Data=b"%d" % i)
        sent[key].append(i)
        assert put["ShardId"]
        if i % 12 == 5:
            open_ones = [shard for shard in shards_of(kinesis, name) if is_open(shard)]
            open_ones.sort(key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))
            if len(open_ones) > 2 and chance.random() < 0.5:
                at = chance.randrange(len(open_ones) - 1)
                kinesis.merge_shards(
                    StreamName=name,
                    ShardToMerge=open_ones[at]["ShardId"],
                    AdjacentShardToMerge=open_ones[at + 1]["ShardId"],
                )
            else:
                shard = chance.choice(open_ones)
                low, high = sorted(int(edge) for edge in shard["HashKeyRange"].values())
                kinesis.split_shard(
                    StreamName=name,
                    ShardToSplit=shard["ShardId"],
                    NewStartingHashKey=str(chance.randrange(low + 2, high)),
                )
            if chance.random() < 0.5:
                settled(kinesis, name)
            else:  # puts go on while it is UPDATING, but the next change must wait
                for _ in range(3):
                    i_more = 1000 + i * 10 + _
                    kinesis.put_record(StreamName=name, PartitionKey=key, Data=b"%d" % i_more)
                    sent[key].append(i_more)
                settled(kinesis, name)
    seen: dict[str, list[int]] = defaultdict(list)
    numbers: dict[str, list[int]] = defaultdict(list)
    for shard in shards_of(kinesis, name):  # by index: parents come first
        records, _ = drain(kinesis, iterator(kinesis, name, shard["ShardId"]))
        for record in records:
            seen[record["PartitionKey"]].append(int(record["Data"]))
            numbers[record["PartitionKey"]].append(int(record["SequenceNumber"]))
    assert seen == sent
    assert all(each == sorted(each) for each in numbers.values())
