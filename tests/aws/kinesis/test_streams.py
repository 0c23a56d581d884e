"""Streams, their settings, tags, policies and consumers with boto3."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.aws.kinesis.conftest import WAIT_S_MAX, settled


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    return str(raised.value.response["Error"]["Code"])


def test_life_of_a_stream(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream(ShardCount=2, Tags={"a": "b"})
    shown = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert len(shown["Shards"]) == 2
    assert shown["RetentionPeriodHours"] == 24
    assert shown["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert refused(lambda: kinesis.create_stream(StreamName=name, ShardCount=1)) == (
        "ResourceInUseException"
    )
    kinesis.delete_stream(StreamName=name)
    deadline = time.monotonic() + WAIT_S_MAX
    while name in kinesis.list_streams(Limit=10_000)["StreamNames"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert refused(lambda: kinesis.describe_stream(StreamName=name)) == "ResourceNotFoundException"
    make_stream(StreamName=name)
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == []


def test_pages_of_streams(kinesis: Any, make_stream: Callable[..., str]) -> None:
    names = sorted(make_stream() for _ in range(3))
    found: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = kinesis.list_streams(Limit=2, **more)
        found += page["StreamNames"]
        if not page["HasMoreStreams"]:
            break
        more = {"NextToken": page["NextToken"]}
    assert [name for name in found if name in names] == names


def test_retention(kinesis: Any, stream: str) -> None:
    kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=8760)
    assert settled(kinesis, stream)["RetentionPeriodHours"] == 8760
    kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=48)
    for change, hours in (("increase", 47), ("decrease", 49), ("decrease", 23), ("increase", 8761)):
        call = getattr(kinesis, f"{change}_stream_retention_period")
        got = refused(lambda: call(StreamName=stream, RetentionPeriodHours=hours))  # noqa: B023
        assert got == "InvalidArgumentException"


def test_modes(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = settled(kinesis, name)
    assert summary["OpenShardCount"] == 4
    kinesis.update_stream_mode(
        StreamARN=summary["StreamARN"], StreamModeDetails={"StreamMode": "PROVISIONED"}
    )
    assert settled(kinesis, name)["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    limits = kinesis.describe_limits()
    assert limits["ShardLimit"] >= limits["OpenShardCount"] >= 4


def test_warm_throughput_opens_shards(kinesis: Any, make_stream: Callable[..., str]) -> None:
    name = make_stream(StreamModeDetails={"StreamMode": "ON_DEMAND"}, WarmThroughputMiBps=5)
    summary = settled(kinesis, name)
    assert summary["OpenShardCount"] == 5
    answer = kinesis.update_stream_warm_throughput(StreamName=name, WarmThroughputMiBps=8)
    assert answer["WarmThroughput"] == {"TargetMiBps": 8, "CurrentMiBps": 5}
    summary = settled(kinesis, name)
    assert summary["OpenShardCount"] == 8
    assert summary["WarmThroughput"] == {"TargetMiBps": 8, "CurrentMiBps": 8}
    shards = kinesis.list_shards(StreamName=name)["Shards"]
    ranges = sorted(
        (int(each["HashKeyRange"]["StartingHashKey"]), int(each["HashKeyRange"]["EndingHashKey"]))
        for each in shards
        if "EndingSequenceNumber" not in each["SequenceNumberRange"]
    )
    assert (ranges[0][0], ranges[-1][1]) == (0, 2**128 - 1)
    assert all(one[1] + 1 == other[0] for one, other in pairwise(ranges))
    call = kinesis.update_stream_warm_throughput
    got = refused(lambda: call(StreamName=name, WarmThroughputMiBps=500))
    assert got == "LimitExceededException"


def test_the_mode_changes_twice_a_day(kinesis: Any, stream: str) -> None:
    arn = settled(kinesis, stream)["StreamARN"]

    def switch(mode: str) -> None:
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        settled(kinesis, stream)

    switch("ON_DEMAND")
    assert settled(kinesis, stream)["OpenShardCount"] == 1
    shard = "shardId-000000000000"
    for call, more in (
        (kinesis.update_shard_count, {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}),
        (kinesis.split_shard, {"ShardToSplit": shard, "NewStartingHashKey": "9"}),
    ):
        got = refused(lambda: call(StreamName=stream, **more))  # noqa: B023
        assert got == "ValidationException"
    switch("PROVISIONED")
    assert refused(lambda: switch("ON_DEMAND")) == "LimitExceededException"
    call = kinesis.update_stream_warm_throughput
    assert refused(lambda: call(StreamName=stream, WarmThroughputMiBps=8)) == "ValidationException"


def test_twenty_consumers(kinesis: Any, stream: str) -> None:
    arn = settled(kinesis, stream)["StreamARN"]
    for i in range(20):
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=f"c{i}")
    call = kinesis.register_stream_consumer
    assert refused(lambda: call(StreamARN=arn, ConsumerName="c20")) == "LimitExceededException"
    kinesis.deregister_stream_consumer(StreamARN=arn, ConsumerName="c7")
    assert refused(lambda: call(StreamARN=arn, ConsumerName="c1")) == "ResourceInUseException"
    assert settled(kinesis, stream)["ConsumerCount"] == 19


def test_settings(kinesis: Any, stream: str) -> None:
    answer = kinesis.enable_enhanced_monitoring(
        StreamName=stream, ShardLevelMetrics=["IncomingBytes", "OutgoingBytes"]
    )
    assert answer["CurrentShardLevelMetrics"] == []
    answer = kinesis.disable_enhanced_monitoring(
        StreamName=stream, ShardLevelMetrics=["IncomingBytes"]
    )
    assert answer["DesiredShardLevelMetrics"] == ["OutgoingBytes"]
    kinesis.start_stream_encryption(
        StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis"
    )
    assert settled(kinesis, stream)["EncryptionType"] == "KMS"
    put = kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"")
    assert put["EncryptionType"] == "KMS"
    kinesis.stop_stream_encryption(
        StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis"
    )
    assert settled(kinesis, stream)["EncryptionType"] == "NONE"


def test_both_interfaces_to_tags(kinesis: Any, stream: str) -> None:
    arn = settled(kinesis, stream)["StreamARN"]
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"a": "1", "b": "2"})
    kinesis.tag_resource(ResourceARN=arn, Tags={"c": "3"})
    kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=["a"])
    page = kinesis.list_tags_for_stream(StreamName=stream, Limit=1)
    assert (page["Tags"], page["HasMoreTags"]) == ([{"Key": "b", "Value": "2"}], True)
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "3"}]


def test_resource_policies(kinesis: Any, stream: str) -> None:
    arn = settled(kinesis, stream)["StreamARN"]
    statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"},
                 "Action": "kinesis:GetRecords", "Resource": arn}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    kinesis.put_resource_policy(ResourceARN=arn, Policy=policy)
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == policy
    kinesis.delete_resource_policy(ResourceARN=arn)
    got = refused(lambda: kinesis.get_resource_policy(ResourceARN=arn))
    assert got == "ResourceNotFoundException"


def test_fan_out(kinesis: Any, stream: str) -> None:
    arn = settled(kinesis, stream)["StreamARN"]
    made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="one")["Consumer"]
    assert [
        each["ConsumerName"] for each in kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]
    ] == ["one"]
    described = kinesis.describe_stream_consumer(ConsumerARN=made["ConsumerARN"])
    assert described["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"
    assert refused(lambda: kinesis.delete_stream(StreamName=stream)) == "ResourceInUseException"
    answer = kinesis.subscribe_to_shard(
        ConsumerARN=made["ConsumerARN"],
        ShardId="shardId-000000000000",
        StartingPosition={"Type": "TRIM_HORIZON"},
    )
    got = refused(
        lambda: kinesis.subscribe_to_shard(
            ConsumerARN=made["ConsumerARN"],
            ShardId="shardId-000000000000",
            StartingPosition={"Type": "LATEST"},
        )
    )
    assert got == "ResourceInUseException"  # within five seconds nobody takes its place
    events = iter(answer["EventStream"])
    assert next(events)["SubscribeToShardEvent"]["Records"] == []
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"pushed")
    seen: list[bytes] = []
    while not seen:
        seen += [each["Data"] for each in next(events)["SubscribeToShardEvent"]["Records"]]
    assert seen == [b"pushed"]
    kinesis.split_shard(
        StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey="5"
    )
    last = list(events)[-1]["SubscribeToShardEvent"]
    assert len(last["ChildShards"]) == 2
    assert "ContinuationSequenceNumber" not in last
    kinesis.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    got = refused(lambda: kinesis.describe_stream_consumer(ConsumerARN=made["ConsumerARN"]))
    assert got == "ResourceNotFoundException"


def test_a_record_needs_a_partition_key_unless_its_stream_distributes(
    kinesis: Any, make_stream: Callable[..., str], make_client: Callable[..., Any]
) -> None:
    """What a model of botocore before streams on demand could do without would not even send."""
    unchecked = make_client("kinesis", config=Config(parameter_validation=False))
    given = make_stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    with pytest.raises(ClientError) as raised:
        unchecked.put_record(StreamName=given, Data=b"x")
    assert raised.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "1 validation error detected: Value null at 'partitionKey' failed to satisfy "
        "constraint: Member must not be null",
    }
    with pytest.raises(ClientError) as raised:
        unchecked.put_records(StreamName=given, Records=[{"Data": b"x"}])
    assert "at 'records.1.member.partitionKey'" in raised.value.response["Error"]["Message"]
    arn = settled(kinesis, given)["StreamARN"]
    auto = {"StreamARN": arn, "RecordDistributionStrategy": "AUTO"}
    kinesis.update_stream_record_distribution_strategy(**auto)
    assert settled(kinesis, given)["RecordDistributionStrategy"] == "AUTO"
    assert unchecked.put_record(StreamName=given, Data=b"x")["SequenceNumber"]
    records = [{"Data": b"y", "PartitionKey": "same", "ExplicitHashKey": "0"} for _ in range(64)]
    put = kinesis.put_records(StreamName=given, Records=records)["Records"]
    assert len({each["ShardId"] for each in put}) == 4
    provisioned = settled(kinesis, make_stream(ShardCount=1))["StreamARN"]
    wrong = {**auto, "StreamARN": provisioned}
    assert refused(lambda: kinesis.update_stream_record_distribution_strategy(**wrong)) == (
        "InvalidArgumentException"
    )


def test_the_accounts_settings(make_client: Callable[..., Any]) -> None:
    theirs = make_client("kinesis", region_name="eu-central-1")
    settings = "MinimumThroughputBillingCommitment"
    assert theirs.describe_account_settings()[settings] == {"Status": "DISABLED"}
    now = theirs.update_account_settings(**{settings: {"Status": "ENABLED"}})[settings]
    assert now["Status"] == "ENABLED"
    assert (now["EarliestAllowedEndAt"] - now["StartedAt"]).total_seconds() == 24 * 3600
    now = theirs.update_account_settings(**{settings: {"Status": "DISABLED"}})[settings]
    assert now["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    assert theirs.describe_account_settings()[settings] == now


def test_a_stream_has_fifty_tags_at_most(kinesis: Any, stream: str) -> None:
    kinesis.add_tags_to_stream(StreamName=stream, Tags={f"k{i}": "v" for i in range(50)})
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"k1": "w"})
    more = {"StreamName": stream, "Tags": {"another": "v"}}
    assert refused(lambda: kinesis.add_tags_to_stream(**more)) == "InvalidArgumentException"
