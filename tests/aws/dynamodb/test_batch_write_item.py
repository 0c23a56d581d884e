"""BatchWriteItem: puts and deletes of several tables, cost, refusals that stop the whole batch."""

from __future__ import annotations

import pytest

PREFIX = "One or more parameter values were invalid: "


def key(pk, sk=1):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def put(item):
    return {"PutRequest": {"Item": item}}


def delete(which):
    return {"DeleteRequest": {"Key": which}}


@pytest.fixture
def pair(make_table):
    return make_table(keys="pk:S sk:N"), make_table(keys="pk:S sk:N")


def everything(ask, table):
    items = ask("Scan", TableName=table, ConsistentRead=True)["Items"]
    return sorted((item["pk"]["S"], item["sk"]["N"]) for item in items)


def test_puts_and_deletes_in_several_tables(ask, pair):
    first, second = pair
    asked = {first: [put(key("a")), put(key("b"))], second: [put(key("c"))]}
    assert ask("BatchWriteItem", RequestItems=asked) == {"UnprocessedItems": {}}
    asked = {first: [delete(key("a")), put(key("d"))], second: [delete(key("zz"))]}
    assert ask("BatchWriteItem", RequestItems=asked) == {"UnprocessedItems": {}}
    assert everything(ask, first) == [("b", "1"), ("d", "1")]
    assert everything(ask, second) == [("c", "1")]


def test_capacity_by_table_and_index(ask, pair, indexed_table):
    first, _ = pair
    entry = {"g": {"S": "g"}, "gs": {"N": "1"}, "l": {"S": "l"}}
    answer = ask(
        "BatchWriteItem",
        RequestItems={
            first: [put({**key("a"), "x": {"S": "x" * 1500}}), delete(key("b"))],
            indexed_table: [put({**key("a", sk), **entry}) for sk in (1, 2)],
        },
        ReturnConsumedCapacity="INDEXES",
        ReturnItemCollectionMetrics="SIZE",
    )
    told = {one.pop("TableName"): one for one in answer["ConsumedCapacity"]}
    two = {"CapacityUnits": 2.0}
    assert told == {
        first: {"CapacityUnits": 3.0, "Table": {"CapacityUnits": 3.0}},
        indexed_table: {
            "CapacityUnits": 10.0,
            "Table": two,
            "LocalSecondaryIndexes": {"by_l": two},
            "GlobalSecondaryIndexes": {"by_g": two, "by_g_all": two, "by_g_some": two},
        },
    }
    # One collection, written twice, is told once.
    assert answer["ItemCollectionMetrics"] == {
        indexed_table: [
            {"ItemCollectionKey": {"pk": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]}
        ]
    }


def test_25_writes_and_no_more(ask, invalid, pair):
    first, second = pair
    asked = {first: [put(key("a", i)) for i in range(13)]}
    asked[second] = [put(key("a", i)) for i in range(12)]
    assert ask("BatchWriteItem", RequestItems=asked) == {"UnprocessedItems": {}}
    asked[second].append(put(key("a", 12)))
    message = "Too many items requested for the BatchWriteItem call"
    assert invalid("BatchWriteItem", RequestItems=asked) == message


def test_duplicates(ask, invalid, pair):
    first, second = pair
    message = "Provided list of item keys contains duplicates"
    asked = {first: [put(key("a")), delete(key("a", "1.0"))]}
    assert invalid("BatchWriteItem", RequestItems=asked) == message
    # The same key in two tables is two items.
    asked = {first: [put(key("a"))], second: [put(key("a"))]}
    assert ask("BatchWriteItem", RequestItems=asked) == {"UnprocessedItems": {}}


@pytest.mark.parametrize("one", [{}, {**put(key("a")), **delete(key("a"))}])
def test_each_is_a_put_or_a_delete(invalid, one):
    assert invalid("BatchWriteItem", RequestItems={"nowhere": [one]}) == (
        "Supplied AttributeValue has more than one datatypes set, "
        "must contain exactly one of the supported datatypes"
    )


def test_one_table_missing(ask, refusal, pair):
    asked = {pair[0]: [put(key("a"))], "nowhere": [put(key("a"))]}
    assert refusal("BatchWriteItem", RequestItems=asked) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    assert everything(ask, pair[0]) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (put({"pk": {"S": "b"}}), f"{PREFIX}Missing the key sk in the item"),
        (
            put({"pk": {"N": "1"}, "sk": {"N": "1"}}),
            f"{PREFIX}Type mismatch for key pk expected: S actual: N",
        ),
        (delete({"pk": {"S": "b"}}), "The provided key element does not match the schema"),
        (
            put({**key("b"), "x": {}}),
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            put({**key("b"), "x": {"S": "x" * 409600}}),
            "Item size has exceeded the maximum allowed size",
        ),
    ],
)
def test_one_bad_write_stops_all(ask, invalid, pair, bad, message):
    asked = {pair[0]: [put(key("a")), bad, put(key("c"))]}
    assert invalid("BatchWriteItem", RequestItems=asked) == message
    assert everything(ask, pair[0]) == []


def test_one_bad_index_key_stops_all(ask, invalid, indexed_table):
    asked = {indexed_table: [put(key("a")), put({**key("b"), "g": {"N": "1"}})]}
    assert invalid("BatchWriteItem", RequestItems=asked) == (
        f"{PREFIX}Type mismatch for Index Key g Expected: S Actual: N IndexName: by_g"
    )
    assert everything(ask, indexed_table) == []
