"""DynamoDB's Kinesis streaming destinations."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.kinesis.conftest import WAIT_S_MAX, drain, iterator, settled


def wait_for(dynamodb: Any, table: str, status: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        answer = dynamodb.describe_kinesis_streaming_destination(TableName=table)
        (found,) = answer["KinesisDataStreamDestinations"]
        if found["DestinationStatus"] == status:
            return dict(found)
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def delivered(kinesis: Any, name: str, count: int) -> list[dict[str, Any]]:
    """The first `count` deliveries, shard by shard."""
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        found: list[dict[str, Any]] = []
        for shard in kinesis.list_shards(StreamName=name)["Shards"]:
            records, _ = drain(kinesis, iterator(kinesis, name, shard["ShardId"]))
            found += [json.loads(record["Data"]) for record in records]
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {count}"
        time.sleep(0.3)


def test_every_change_is_delivered(
    kinesis: Any, dynamodb: Any, make_stream: Callable[..., str], table: str
) -> None:
    name = make_stream(ShardCount=2)
    arn = settled(kinesis, name)["StreamARN"]
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "before"}})
    answer = dynamodb.enable_kinesis_streaming_destination(
        TableName=table,
        StreamArn=arn,
        EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"},
    )
    assert answer["DestinationStatus"] == "ENABLING"
    wait_for(dynamodb, table, "ACTIVE")
    for i in range(20):
        dynamodb.put_item(TableName=table, Item={"pk": {"S": f"k{i % 4}"}, "n": {"N": str(i)}})
    dynamodb.delete_item(TableName=table, Key={"pk": {"S": "k0"}})
    found = delivered(kinesis, name, 21)
    assert len(found) == len({each["eventID"] for each in found}) == 21
    order: dict[str, list[int]] = defaultdict(list)
    for each in found:
        assert each["eventSource"] == "aws:dynamodb"
        assert each["tableName"] == table
        change = each["dynamodb"]
        assert change["ApproximateCreationDateTime"] > 10**15
        if "NewImage" in change:
            order[change["Keys"]["pk"]["S"]].append(int(change["NewImage"]["n"]["N"]))
            assert each["eventName"] == ("MODIFY" if "OldImage" in change else "INSERT")
        else:
            assert each["eventName"] == "REMOVE"
    assert order == {f"k{i}": list(range(i, 20, 4)) for i in range(4)}

    answer = dynamodb.update_kinesis_streaming_destination(
        TableName=table,
        StreamArn=arn,
        UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MILLISECOND"},
    )
    assert answer["DestinationStatus"] == "UPDATING"
    shown = wait_for(dynamodb, table, "ACTIVE")
    assert shown["ApproximateCreationDateTimePrecision"] == "MILLISECOND"
    with pytest.raises(ClientError) as refused:
        dynamodb.update_kinesis_streaming_destination(
            TableName=table,
            StreamArn=arn,
            UpdateKinesisStreamingConfiguration={
                "ApproximateCreationDateTimePrecision": "MILLISECOND"
            },
        )
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    answer = dynamodb.disable_kinesis_streaming_destination(TableName=table, StreamArn=arn)
    assert answer["DestinationStatus"] == "DISABLING"
    wait_for(dynamodb, table, "DISABLED")
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "unseen"}})
    dynamodb.enable_kinesis_streaming_destination(TableName=table, StreamArn=arn)
    wait_for(dynamodb, table, "ACTIVE")
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "seen"}})
    keys = [each["dynamodb"]["Keys"]["pk"]["S"] for each in delivered(kinesis, name, 22)]
    assert keys.count("seen") == 1
    assert "unseen" not in keys


def test_what_time_removes_is_delivered_as_the_services_doing(
    kinesis: Any, dynamodb: Any, make_stream: Callable[..., str], table: str
) -> None:
    name = make_stream()
    arn = settled(kinesis, name)["StreamARN"]
    dynamodb.enable_kinesis_streaming_destination(TableName=table, StreamArn=arn)
    dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
    )
    item = {"pk": {"S": "k"}, "ends": {"N": str(int(time.time()) - 1)}}
    dynamodb.put_item(TableName=table, Item=item)
    made, removed = delivered(kinesis, name, 2)
    assert made["userIdentity"] is None
    assert removed["eventName"] == "REMOVE"
    assert removed["userIdentity"] == {
        "principalId": "dynamodb.amazonaws.com",
        "type": "Service",
    }
    assert removed["dynamodb"]["OldImage"] == item


def test_a_stream_that_is_not_there(dynamodb: Any, kinesis: Any, table: str) -> None:
    described = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    arn = described.replace(":dynamodb:", ":kinesis:").partition(":table")[0] + ":stream/none"
    with pytest.raises(ClientError) as raised:
        dynamodb.enable_kinesis_streaming_destination(TableName=table, StreamArn=arn)
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
