"""Enabling, disabling, deleting the table: which streams there are, and what can be read."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.support.follower import Follower, as_state, replay

ITEMS = [{"pk": {"S": name}} for name in "abcdef"]


def switch(dynamodb, name, view=None):
    """Switch the stream of a table on with a view, or off; returns the stream's ARN."""
    specification = {"StreamEnabled": view is not None}
    if view is not None:
        specification["StreamViewType"] = view
    dynamodb.update_table(TableName=name, StreamSpecification=specification)
    return dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]


def put(dynamodb, name, items):
    for item in items:
        dynamodb.put_item(TableName=name, Item=item)


def keys(found):
    return sorted(record["dynamodb"]["Keys"]["pk"]["S"] for record in found)


def test_a_stream_starts_empty_and_ends_when_it_is_disabled(ask, dynamodb, table, records, shards):
    put(dynamodb, table, ITEMS[:2])
    arn = switch(dynamodb, table, "NEW_IMAGE")
    assert records(arn) == []
    put(dynamodb, table, ITEMS[2:4])
    assert switch(dynamodb, table) == arn
    put(dynamodb, table, ITEMS[4:])
    assert keys(records(arn)) == ["c", "d"]
    stream = ask("DescribeStream", StreamArn=arn)["StreamDescription"]
    assert stream["StreamStatus"] == "DISABLED"
    for shard in shards(arn):
        assert "EndingSequenceNumber" in shard["SequenceNumberRange"]
    assert [each["StreamArn"] for each in ask("ListStreams", TableName=table)["Streams"]] == [arn]


def test_enabling_again_makes_another_stream(ask, dynamodb, table, records):
    first = switch(dynamodb, table, "NEW_IMAGE")
    put(dynamodb, table, ITEMS[:1])
    switch(dynamodb, table)
    second = switch(dynamodb, table, "KEYS_ONLY")
    assert second > first
    assert records(second) == []
    put(dynamodb, table, ITEMS[1:2])
    assert (keys(records(first)), keys(records(second))) == (["a"], ["b"])
    listed = [each["StreamArn"] for each in ask("ListStreams", TableName=table)["Streams"]]
    assert listed == [first, second]


def test_a_reader_of_a_closed_shard_comes_to_its_end(ask, dynamodb, table, shards):
    arn = switch(dynamodb, table, "NEW_IMAGE")
    put(dynamodb, table, ITEMS)
    latest = {
        shard["ShardId"]: ask(
            "GetShardIterator",
            StreamArn=arn,
            ShardId=shard["ShardId"],
            ShardIteratorType="LATEST",
        )["ShardIterator"]
        for shard in shards(arn)
    }
    switch(dynamodb, table)
    for iterator in latest.values():
        assert ask("GetRecords", ShardIterator=iterator) == {"Records": []}


def test_the_stream_of_a_deleted_table_can_still_be_read(ask, dynamodb, make_stream, records):
    name, arn = make_stream()
    put(dynamodb, name, ITEMS)
    dynamodb.delete_table(TableName=name)
    with pytest.raises(ClientError):
        dynamodb.describe_table(TableName=name)
    assert keys(records(arn)) == list("abcdef")
    assert ask("DescribeStream", StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"
    assert [each["StreamArn"] for each in ask("ListStreams", TableName=name)["Streams"]] == [arn]


def test_a_table_of_the_same_name_has_a_stream_of_its_own(
    ask, dynamodb, make_stream, make_table, records
):
    name, first = make_stream()
    put(dynamodb, name, ITEMS[:2])
    dynamodb.delete_table(TableName=name)
    _, second = make_stream(TableName=name)
    put(dynamodb, name, ITEMS[2:])
    assert keys(records(first)) == ["a", "b"]
    assert keys(records(second)) == ["c", "d", "e", "f"]


def test_a_follower_has_what_the_table_has(dynamodb, make_client, make_stream):
    name, arn = make_stream(keys="pk:S sk:N")
    for number in range(120):
        key = {"pk": {"S": str(number % 7)}, "sk": {"N": str(number % 3)}}
        if number % 5 == 4:
            dynamodb.delete_item(TableName=name, Key=key)
        else:
            dynamodb.put_item(TableName=name, Item={**key, "v": {"N": str(number)}})
    state = {}
    for record in Follower(make_client("dynamodbstreams"), arn).poll():
        replay(state, record)
    assert state == as_state(dynamodb.scan(TableName=name)["Items"], "pk", "sk")
