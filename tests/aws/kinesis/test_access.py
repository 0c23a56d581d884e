"""Who may do what with a stream: by users' policies, and by those of streams and consumers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws.kinesis.conftest import iterator, settled
from tests.support.people import fresh, iam, keys_of, user
from tests.support.policies import denied

__all__ = ["fresh", "iam", "keys_of", "user"]
FIRST = "shardId-000000000000"


def document(actions: list[str], on: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": on, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def theirs(make_client: Any, user: str, keys_of: Callable[[str], dict[str, str]]) -> Any:
    """Kinesis as a user sees it."""
    return make_client("kinesis", **keys_of(user))


def test_a_user_may_what_a_policy_says(
    kinesis: Any, theirs: Any, iam: Any, user: str, stream: str
) -> None:
    arn = settled(kinesis, stream)["StreamARN"]
    put = {"StreamName": stream, "PartitionKey": "k", "Data": b"x"}
    assert f"kinesis:PutRecord on resource: {arn}" in denied(theirs.put_record, **put)
    policy = document(["kinesis:PutRecord", "kinesis:GetShardIterator"], arn)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    theirs.put_record(**put)
    place = iterator(theirs, stream, FIRST)
    # An iterator opens nothing by itself.
    assert "kinesis:GetRecords" in denied(theirs.get_records, ShardIterator=place)
    assert "kinesis:PutRecords" in denied(
        theirs.put_records, StreamName=stream, Records=[{"PartitionKey": "k", "Data": b""}]
    )
    denied(theirs.split_shard, StreamName=stream, ShardToSplit=FIRST, NewStartingHashKey="9")


def test_a_policy_of_the_stream_and_one_of_its_consumer(
    kinesis: Any, theirs: Any, iam: Any, user: str, stream: str
) -> None:
    arn = settled(kinesis, stream)["StreamARN"]
    principal = {"AWS": iam.get_user(UserName=user)["User"]["Arn"]}
    kinesis.put_resource_policy(
        ResourceARN=arn, Policy=document(["kinesis:PutRecord"], arn, Principal=principal)
    )
    theirs.put_record(StreamName=stream, PartitionKey="k", Data=b"x")
    denied(theirs.describe_stream_summary, StreamName=stream)
    made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    wanted = {
        "ConsumerARN": made["ConsumerARN"],
        "ShardId": FIRST,
        "StartingPosition": {"Type": "TRIM_HORIZON"},
    }
    assert made["ConsumerARN"] in denied(theirs.subscribe_to_shard, **wanted)
    kinesis.put_resource_policy(
        ResourceARN=made["ConsumerARN"],
        Policy=document(["kinesis:SubscribeToShard"], made["ConsumerARN"], Principal=principal),
    )
    events = theirs.subscribe_to_shard(**wanted)["EventStream"]
    event = next(iter(events))["SubscribeToShardEvent"]
    events.close()
    assert [each["Data"] for each in event["Records"]] == [b"x"]
