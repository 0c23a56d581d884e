"""GetRecords: what a record holds in each view, and how reading goes on."""

from __future__ import annotations

import base64
import re
import time

import pytest

A = {"pk": {"S": "a"}}
ONE = {**A, "n": {"N": "1"}, "b": {"B": b"\x00\xff"}}
TWO = {**A, "n": {"N": "2"}}
VIEWS = {
    "KEYS_ONLY": (False, False),
    "NEW_IMAGE": (True, False),
    "OLD_IMAGE": (False, True),
    "NEW_AND_OLD_IMAGES": (True, True),
}


def change(dynamodb, name):
    """INSERT, MODIFY, REMOVE."""
    dynamodb.put_item(TableName=name, Item=ONE)
    dynamodb.put_item(TableName=name, Item=TWO)
    dynamodb.delete_item(TableName=name, Key=A)


@pytest.mark.parametrize("view", VIEWS)
def test_the_views(dynamodb, make_stream, records, view):
    name, arn = make_stream(view)
    change(dynamodb, name)
    found = records(arn)
    assert [record["eventName"] for record in found] == ["INSERT", "MODIFY", "REMOVE"]
    images = [(ONE, None), (TWO, ONE), (None, TWO)]
    for record, (new, old) in zip(found, images, strict=True):
        shows_new, shows_old = VIEWS[view]
        shown = record["dynamodb"]
        assert shown["Keys"] == A
        assert shown.get("NewImage") == (new if shows_new else None)
        assert shown.get("OldImage") == (old if shows_old else None)
        assert shown["StreamViewType"] == view


def test_everything_else_in_a_record(dynamodb, make_stream, records):
    name, arn = make_stream()
    before = int(time.time())
    change(dynamodb, name)
    found = records(arn)
    for record in found:
        assert record.keys() == {
            "eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb",
        }  # fmt: skip
        assert re.fullmatch("[0-9a-f]{32}", record["eventID"])
        assert record["eventVersion"] == "1.1"
        assert record["eventSource"] == "aws:dynamodb"
        assert record["awsRegion"] == "us-east-1"
        created = record["dynamodb"]["ApproximateCreationDateTime"]
        assert created.microsecond == 0
        assert before <= created.timestamp() <= time.time()
    # Keys 3 bytes, ONE 3 + 3 + 3, TWO 3 + 3: DynamoDB Local counts the same.
    assert [record["dynamodb"]["SizeBytes"] for record in found] == [12, 18, 9]
    assert len({record["eventID"] for record in found}) == 3


def test_numbers_grow_and_are_21_to_40_digits(busy_shard):
    numbers = busy_shard[2]
    assert numbers == sorted(set(numbers)) == sorted(numbers, key=int)
    assert all(re.fullmatch(r"\d{21,40}", number) for number in numbers)


def test_a_write_that_changes_nothing_leaves_no_record(dynamodb, make_stream, records):
    name, arn = make_stream()
    dynamodb.put_item(TableName=name, Item=ONE)
    dynamodb.put_item(TableName=name, Item=ONE)
    dynamodb.update_item(
        TableName=name,
        Key=A,
        UpdateExpression="SET n = :one",
        ExpressionAttributeValues={":one": {"N": "1.0"}},
    )
    dynamodb.delete_item(TableName=name, Key={"pk": {"S": "never there"}})
    assert [record["eventName"] for record in records(arn)] == ["INSERT"]


def test_writes_of_every_kind_are_recorded(dynamodb, make_stream, records):
    name, arn = make_stream()
    put = {"PutRequest": {"Item": {"pk": {"S": "batch"}}}}
    dynamodb.batch_write_item(RequestItems={name: [put]})
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": name, "Item": {"pk": {"S": "t1"}}}},
            {"Put": {"TableName": name, "Item": {"pk": {"S": "t2"}}}},
        ]
    )
    dynamodb.execute_statement(Statement=f"INSERT INTO \"{name}\" VALUE {{'pk': 'partiql'}}")
    keys = sorted(record["dynamodb"]["Keys"]["pk"]["S"] for record in records(arn))
    assert keys == ["batch", "partiql", "t1", "t2"]


def test_a_limit_cuts_and_the_next_iterator_goes_on(ask, busy_shard):
    arn, shard, numbers = busy_shard
    iterator = ask(
        "GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found = []
    for expected in (2, 1, 0):
        answer = ask("GetRecords", ShardIterator=iterator, Limit=2)
        assert len(answer["Records"]) == expected
        found += [record["dynamodb"]["SequenceNumber"] for record in answer["Records"]]
        iterator = answer["NextShardIterator"]
    assert found == numbers


def test_an_iterator_can_be_used_again(ask, busy_shard):
    arn, shard, _ = busy_shard
    iterator = ask(
        "GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    first = ask("GetRecords", ShardIterator=iterator)["Records"]
    assert ask("GetRecords", ShardIterator=iterator)["Records"] == first


def test_an_answer_ends_at_a_megabyte(ask, dynamodb, make_stream, shards):
    name, arn = make_stream("NEW_IMAGE")
    for number in range(4):
        item = {**A, "n": {"N": str(number)}, "filler": {"S": "x" * 390_000}}
        dynamodb.put_item(TableName=name, Item=item)
    pages = []
    for shard in shards(arn):
        iterator = ask(
            "GetShardIterator",
            StreamArn=arn,
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        while (answer := ask("GetRecords", ShardIterator=iterator))["Records"]:
            pages.append(len(answer["Records"]))
            iterator = answer["NextShardIterator"]
    assert pages == [2, 2]


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (
            0,
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            1001,
            "One or more parameter values were invalid: Limit should be less than or equal to 1000",
        ),
    ],
)
def test_limits_that_cannot_be(refusal, limit, text):
    assert refusal("GetRecords", ShardIterator="any", Limit=limit) == ("ValidationException", text)


def test_iterators_that_we_did_not_write(ask, refusal, busy_shard):
    arn, shard, _ = busy_shard
    iterator = ask("GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")[
        "ShardIterator"
    ]
    head, _, place = iterator.rpartition("|")
    position = bytearray(base64.b64decode(place))
    position[10] ^= 1
    for other in (
        "garbage",
        f"{arn}|1|",
        f"{head}|{place[:-4]}AAAA",
        f"{head}|{base64.b64encode(position).decode()}",
        iterator.replace("table/t", "table/u"),
        iterator.replace("|1|", "|2|"),
        iterator + "é",
    ):
        assert refusal("GetRecords", ShardIterator=other) == (
            "ValidationException",
            "Invalid ShardIterator",
        ), other
