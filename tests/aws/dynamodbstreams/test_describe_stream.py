"""DescribeStream: what a stream is, and its shards."""

from __future__ import annotations

import pytest

from tests.aws.dynamodbstreams.conftest import NO_SHARD


def test_a_stream_is_described(ask, make_stream):
    name, arn = make_stream("KEYS_ONLY", keys="pk:S sk:N")
    stream = ask("DescribeStream", StreamArn=arn)["StreamDescription"]
    shards = stream.pop("Shards")
    created = stream.pop("CreationRequestDateTime")
    assert stream == {
        "StreamArn": arn,
        "StreamLabel": arn.rsplit("/", 1)[1],
        "StreamStatus": "ENABLED",
        "StreamViewType": "KEYS_ONLY",
        "TableName": name,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    }
    assert arn.rsplit("/", 1)[1][:19] == created.strftime("%Y-%m-%dT%H:%M:%S")
    for shard in shards:
        assert 28 <= len(shard["ShardId"]) <= 65
        assert "ParentShardId" not in shard
        numbers = shard["SequenceNumberRange"]
        assert 21 <= len(numbers["StartingSequenceNumber"]) <= 40
        assert "EndingSequenceNumber" not in numbers


def test_shards_come_in_pages(ask, make_stream, shards):
    _, arn = make_stream()
    found, start = [], {}
    while True:
        page = ask("DescribeStream", StreamArn=arn, Limit=1, **start)["StreamDescription"]
        assert len(page["Shards"]) <= 1
        found += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            break
        start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    assert found == shards(arn)


def test_an_open_shard_has_no_children(ask, make_stream, shards):
    _, arn = make_stream()
    shard = shards(arn)[0]["ShardId"]
    wanted = {"Type": "CHILD_SHARDS", "ShardId": shard}
    described = ask("DescribeStream", StreamArn=arn, ShardFilter=wanted)["StreamDescription"]
    assert described["Shards"] == []


def test_children_of_a_shard_that_is_not_there(refusal, make_stream):
    _, arn = make_stream()
    wanted = {"Type": "CHILD_SHARDS", "ShardId": NO_SHARD}
    assert refusal("DescribeStream", StreamArn=arn, ShardFilter=wanted) == (
        "ResourceNotFoundException",
        "Requested resource not found: Shard does not exist",
    )


@pytest.mark.parametrize("wanted", [{}, {"Type": "CHILD_SHARDS"}, {"Type": "X"}])
def test_filters_that_cannot_be(refusal, make_stream, wanted):
    _, arn = make_stream()
    code, _ = refusal("DescribeStream", StreamArn=arn, ShardFilter=wanted)
    assert code == "ValidationException"


@pytest.mark.parametrize(
    "missing",
    [
        "arn:aws:dynamodb:us-east-1:000000000000:table/no-such-table/stream/2020-01-01T00:00:00.000",
        "arn:aws:dynamodb:eu-west-1:000000000000:table/no-such-table/stream/2020-01-01T00:00:00.000",
        "arn:aws:dynamodb:us-east-1:000000000000:table/no-such-table",
        "x" * 50,
    ],
)
def test_streams_that_are_not_there(refusal, missing):
    assert refusal("DescribeStream", StreamArn=missing) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Stream: {missing} not found",
    )


def test_more_than_a_hundred_shards_at_a_time(refusal, make_stream):
    _, arn = make_stream()
    assert refusal("DescribeStream", StreamArn=arn, Limit=101) == (
        "ValidationException",
        "One or more parameter values were invalid: Limit cannot be greater than the maximum: 100",
    )
