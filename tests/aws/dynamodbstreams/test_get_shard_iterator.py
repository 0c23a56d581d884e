"""GetShardIterator: the places where reading can begin."""

from __future__ import annotations

import time

import pytest

from tests.aws.dynamodbstreams.conftest import NO_SHARD

INVALID = "One or more parameter values were invalid: "


@pytest.fixture
def numbers_from(ask, busy_shard):
    """numbers_from(ShardIteratorType=…): which of the shard's records follow."""
    arn, shard, numbers = busy_shard

    def read(**place):
        at = ask("GetShardIterator", StreamArn=arn, ShardId=shard, **place)["ShardIterator"]
        found = ask("GetRecords", ShardIterator=at)["Records"]
        return [numbers.index(record["dynamodb"]["SequenceNumber"]) for record in found]

    return read


def test_from_the_oldest(numbers_from):
    assert numbers_from(ShardIteratorType="TRIM_HORIZON") == [0, 1, 2]


def test_only_what_is_new(ask, dynamodb, busy_shard):
    arn, shard, numbers = busy_shard
    latest = ask("GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")[
        "ShardIterator"
    ]
    answer = ask("GetRecords", ShardIterator=latest)
    assert answer["Records"] == []
    name = arn.split("/")[1]
    dynamodb.delete_item(TableName=name, Key={"pk": {"S": "a"}})
    for iterator in (latest, answer["NextShardIterator"]):
        (record,) = ask("GetRecords", ShardIterator=iterator)["Records"]
        assert record["eventName"] == "REMOVE"
        assert int(record["dynamodb"]["SequenceNumber"]) > int(numbers[-1])


@pytest.mark.parametrize("at", [0, 1, 2])
def test_from_a_number(numbers_from, busy_shard, at):
    number = busy_shard[2][at]
    including = numbers_from(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=number)
    assert including == [0, 1, 2][at:]
    after = numbers_from(ShardIteratorType="AFTER_SEQUENCE_NUMBER", SequenceNumber=number)
    assert after == [0, 1, 2][at + 1 :]


def test_from_the_starting_number_of_a_shard(numbers_from, busy_shard, shards):
    arn, shard, _ = busy_shard
    (numbers,) = [s["SequenceNumberRange"] for s in shards(arn) if s["ShardId"] == shard]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        found = numbers_from(
            ShardIteratorType=kind, SequenceNumber=numbers["StartingSequenceNumber"]
        )
        assert found == [0, 1, 2]


def test_from_a_time(numbers_from):
    now = time.time()
    assert numbers_from(ShardIteratorType="AT_TIMESTAMP", Timestamp=now - 3600) == [0, 1, 2]
    assert numbers_from(ShardIteratorType="AT_TIMESTAMP", Timestamp=now) == []


def test_a_time_to_come(refusal, busy_shard):
    arn, shard, _ = busy_shard
    code, _ = refusal(
        "GetShardIterator",
        StreamArn=arn,
        ShardId=shard,
        ShardIteratorType="AT_TIMESTAMP",
        Timestamp=time.time() + 3600,
    )
    assert code == "ValidationException"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (
            {"ShardIteratorType": "TRIM_HORIZON", "SequenceNumber": "1" * 25},
            f"{INVALID}SequenceNumber should not be passed for this iterator type",
        ),
        (
            {"ShardIteratorType": "LATEST", "SequenceNumber": "1" * 25},
            f"{INVALID}SequenceNumber should not be passed for this iterator type",
        ),
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, f"{INVALID}Invalid SequenceNumber"),
        ({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}, f"{INVALID}Invalid SequenceNumber"),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x" * 25},
            f"{INVALID}Invalid SequenceNumber",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "0" * 21},
            "Invalid SequenceNumber for the shard",
        ),
        (
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "9" * 40},
            "Invalid SequenceNumber for the shard",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "0"},
            "1 validation error detected: Value '0' at 'sequenceNumber' failed to satisfy "
            "constraint: Member must have length greater than or equal to 21",
        ),
    ],
)
def test_places_that_cannot_be(refusal, busy_shard, place, text):
    arn, shard, _ = busy_shard
    assert refusal("GetShardIterator", StreamArn=arn, ShardId=shard, **place) == (
        "ValidationException",
        text,
    )


def test_a_type_that_cannot_be(refusal, busy_shard):
    arn, shard, _ = busy_shard
    code, text = refusal(
        "GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType="SOMEWHERE"
    )
    assert code == "ValidationException"
    assert "'shardIteratorType' failed to satisfy constraint: Member must satisfy enum" in text


def test_shards_and_streams_that_are_not_there(refusal, busy_shard):
    arn, shard, _ = busy_shard
    latest = {"ShardIteratorType": "LATEST"}
    assert refusal("GetShardIterator", StreamArn=arn, ShardId=NO_SHARD, **latest) == (
        "ResourceNotFoundException",
        "Requested resource not found: Shard does not exist",
    )
    other = arn.replace("stream/2", "stream/1")
    assert refusal("GetShardIterator", StreamArn=other, ShardId=shard, **latest) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Stream: {other} not found",
    )
