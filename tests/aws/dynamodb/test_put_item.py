"""PutItem: what is stored, what is returned, what it costs, and every refusal in AWS's order."""

from __future__ import annotations

import pytest

PREFIX = "One or more parameter values were invalid: "
KEY = {"pk": {"S": "a"}}


def get(ask, table, pk="a"):
    return ask("GetItem", TableName=table, Key={"pk": {"S": pk}}, ConsistentRead=True).get("Item")


def sized(size, pk="a"):
    """An item of exactly so many bytes."""
    return {"pk": {"S": pk}, "x": {"S": "x" * (size - 3 - len(pk))}}


def test_replaces_the_whole_item(ask, table):
    assert ask("PutItem", TableName=table, Item={**KEY, "old": {"N": "1"}}) == {}
    assert ask("PutItem", TableName=table, Item={**KEY, "new": {"N": "2"}}) == {}
    assert get(ask, table) == {**KEY, "new": {"N": "2"}}


def test_numbers_are_stored_in_plain_form(ask, table):
    numbers = {"a": "1.50", "b": "1E3", "c": "-0", "d": "0001", "e": "1e-5"}
    item = {**KEY, **{name: {"N": text} for name, text in numbers.items()}}
    ask("PutItem", TableName=table, Item=item)
    found = get(ask, table)
    assert {name: found[name]["N"] for name in numbers} == {
        "a": "1.5",
        "b": "1000",
        "c": "0",
        "d": "1",
        "e": "0.00001",
    }


def test_return_values(ask, table):
    first = {**KEY, "v": {"N": "1"}}
    assert ask("PutItem", TableName=table, Item=first, ReturnValues="ALL_OLD") == {}
    assert ask("PutItem", TableName=table, Item=KEY, ReturnValues="NONE") == {}
    assert ask("PutItem", TableName=table, Item=first, ReturnValues="ALL_OLD") == {
        "Attributes": KEY
    }


@pytest.mark.parametrize(("size", "units"), [(10, 1.0), (1024, 1.0), (1025, 2.0)])
def test_capacity_counts_1_kb_steps(ask, table, size, units):
    answer = ask("PutItem", TableName=table, Item=sized(size), ReturnConsumedCapacity="TOTAL")
    assert answer == {"ConsumedCapacity": {"TableName": table, "CapacityUnits": units}}


def test_capacity_is_that_of_the_larger_image(ask, table):
    ask("PutItem", TableName=table, Item=sized(3000))
    answer = ask("PutItem", TableName=table, Item=KEY, ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"] == {
        "TableName": table,
        "CapacityUnits": 3.0,
        "Table": {"CapacityUnits": 3.0},
    }


def test_capacity_of_indexes(ask, indexed_table):
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}

    def units(**attributes):
        item = {**key, **attributes}
        answer = ask(
            "PutItem", TableName=indexed_table, Item=item, ReturnConsumedCapacity="INDEXES"
        )
        told = answer["ConsumedCapacity"]
        assert told["CapacityUnits"] == told["Table"]["CapacityUnits"] + sum(
            one["CapacityUnits"]
            for group in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
            for one in told.get(group, {}).values()
        )
        return (
            told["Table"]["CapacityUnits"],
            {n: u["CapacityUnits"] for n, u in told.get("LocalSecondaryIndexes", {}).items()},
            {n: u["CapacityUnits"] for n, u in told.get("GlobalSecondaryIndexes", {}).items()},
        )

    big = {"S": "x" * 2000}
    assert units() == (1.0, {}, {})
    # A new entry in every index; only by_g_all holds the big attribute.
    full = {"g": {"S": "g"}, "gs": {"N": "1"}, "l": {"S": "l"}, "big": big}
    assert units(**full) == (2.0, {"by_l": 1.0}, {"by_g": 1.0, "by_g_all": 2.0, "by_g_some": 1.0})
    # The same again: the table is charged, no index changes.
    assert units(**full) == (2.0, {}, {})
    # An attribute that only by_g_all projects changes: one write, of the larger entry.
    assert units(**{**full, "big": {"S": "y"}}) == (2.0, {}, {"by_g_all": 2.0})
    # A changed index key: the old entry goes, a new one comes.
    full = {**full, "big": {"S": "y"}, "g": {"S": "h"}}
    assert units(**full) == (1.0, {}, {"by_g": 2.0, "by_g_all": 2.0, "by_g_some": 2.0})
    assert units() == (1.0, {"by_l": 1.0}, {"by_g": 1.0, "by_g_all": 1.0, "by_g_some": 1.0})


def test_item_collection_metrics_only_with_local_indexes(ask, table, indexed_table):
    answer = ask("PutItem", TableName=table, Item=KEY, ReturnItemCollectionMetrics="SIZE")
    assert answer == {}
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    answer = ask("PutItem", TableName=indexed_table, Item=item, ReturnItemCollectionMetrics="SIZE")
    assert answer == {
        "ItemCollectionMetrics": {
            "ItemCollectionKey": {"pk": {"S": "a"}},
            "SizeEstimateRangeGB": [0.0, 1.0],
        }
    }


def test_condition_holds_or_nothing_happens(ask, refusal, table):
    asked = {"TableName": table, "ConditionExpression": "attribute_not_exists(pk)"}
    ask("PutItem", Item={**KEY, "v": {"N": "1"}}, **asked)
    failed = ("ConditionalCheckFailedException", "The conditional request failed")
    assert refusal("PutItem", Item={**KEY, "v": {"N": "2"}}, **asked) == failed
    assert get(ask, table) == {**KEY, "v": {"N": "1"}}


def test_a_failed_condition_shows_the_item_where_asked(dynamodb, ask, table):
    ask("PutItem", TableName=table, Item={**KEY, "v": {"N": "1"}})

    def failure(pk, condition, **more):
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as refused:
            dynamodb.put_item(
                TableName=table, Item={"pk": {"S": pk}}, ConditionExpression=condition, **more
            )
        return refused.value.response

    wanted = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    assert failure("a", "attribute_not_exists(pk)", **wanted)["Item"] == {**KEY, "v": {"N": "1"}}
    assert "Item" not in failure("a", "attribute_not_exists(pk)")
    assert "Item" not in failure("b", "attribute_exists(pk)", **wanted)


def test_expected(ask, refusal, table):
    absent = {"TableName": table, "Expected": {"pk": {"Exists": False}}}
    ask("PutItem", Item=KEY, **absent)
    assert refusal("PutItem", Item=KEY, **absent)[0] == "ConditionalCheckFailedException"
    equal = {"TableName": table, "Expected": {"pk": {"Value": {"S": "a"}}}}
    assert ask("PutItem", Item=KEY, **equal) == {}


def test_no_such_table(refusal):
    assert refusal("PutItem", TableName="nowhere", Item=KEY) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, f"{PREFIX}Missing the key pk in the item"),
        ({"sk": {"N": "1"}}, f"{PREFIX}Missing the key pk in the item"),
        ({"pk": {"S": "a"}}, f"{PREFIX}Missing the key sk in the item"),
        (
            {"pk": {"N": "1"}, "sk": {"N": "1"}},
            f"{PREFIX}Type mismatch for key pk expected: S actual: N",
        ),
        (
            {"pk": {"S": "a"}, "sk": {"M": {}}},
            f"{PREFIX}Type mismatch for key sk expected: N actual: M",
        ),
        (
            {"pk": {"S": ""}, "sk": {"N": "1"}},
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
        (
            {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}},
            f"{PREFIX}Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
    ],
)
def test_keys_of_items(invalid, make_table, item, message):
    assert invalid("PutItem", TableName=make_table(keys="pk:S sk:N"), Item=item) == message


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {"g": {"N": "1"}},
            f"{PREFIX}Type mismatch for Index Key g Expected: S Actual: N IndexName: by_g",
        ),
        (
            {"gs": {"S": "1"}},
            f"{PREFIX}Type mismatch for Index Key gs Expected: N Actual: S IndexName: by_g",
        ),
        (
            {"l": {"NULL": True}},
            f"{PREFIX}Type mismatch for Index Key l Expected: S Actual: NULL IndexName: by_l",
        ),
        (
            {"gs": {"N": "1"}, "g": {"S": ""}},
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            "string value. IndexName: by_g, IndexKey: g",
        ),
        (
            {"g": {"S": "x" * 2049}},
            f"{PREFIX}Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            {"l": {"S": "x" * 1025}},
            f"{PREFIX}Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ),
    ],
)
def test_index_keys(ask, invalid, indexed_table, attributes, message):
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    asked = {"TableName": indexed_table, "Item": {**key, **attributes}}
    assert invalid("PutItem", **asked) == message
    assert ask("GetItem", TableName=indexed_table, Key=key) == {}


def test_the_largest_item_and_the_next(ask, invalid, table):
    assert ask("PutItem", TableName=table, Item=sized(409600)) == {}
    message = "Item size has exceeded the maximum allowed size"
    assert invalid("PutItem", TableName=table, Item=sized(409601)) == message


def test_refusals_come_in_order(invalid):
    """Each request breaks the rule named and all that follow."""
    more = {
        "TableName": "nowhere",
        "ReturnValues": "ALL_NEW",
        "ConditionExpression": "",
        "Item": {"pk": {"S": "x" * 409600}, "bad": {}},
    }
    assert invalid("PutItem", **more, Expected={}, ConditionalOperator="AND") == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected, ConditionalOperator} "
        "Expression parameters: {ConditionExpression}"
    )
    assert invalid("PutItem", **more) == (
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    )
    del more["Item"]["bad"]
    assert invalid("PutItem", **more) == "ReturnValues can only be ALL_OLD or NONE"
    del more["ReturnValues"]
    assert invalid("PutItem", **more) == "Item size has exceeded the maximum allowed size"
    more["Item"] = {}
    assert invalid("PutItem", **more) == (
        "Invalid ConditionExpression: The expression can not be empty;"
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ExpressionAttributeValues": {":a": {"N": "1"}}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null",
        ),
        (
            {"ConditionExpression": "a = :b", "ExpressionAttributeValues": {}},
            "ExpressionAttributeValues must not be empty",
        ),
        (
            {
                "ConditionExpression": "attribute_exists(a)",
                "ExpressionAttributeValues": {":b": {"N": "1"}},
            },
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}",
        ),
        (
            {"ConditionExpression": "a = :b", "ExpressionAttributeValues": {":b": {}}},
            "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, "
            "must contain exactly one of the supported datatypes for key :b",
        ),
    ],
)
def test_placeholders(invalid, more, message):
    assert invalid("PutItem", TableName="nowhere", Item=KEY, **more) == message


def test_an_empty_key_is_told_before_a_missing_one(invalid, make_table):
    name = make_table(keys="pk:S sk:N")
    assert invalid("PutItem", TableName=name, Item={"pk": {"S": ""}}) == (
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty string value. Key: pk"
    )
    batch = {name: [{"PutRequest": {"Item": {"pk": {"S": ""}}}}]}
    assert invalid("BatchWriteItem", RequestItems=batch).endswith("empty string value. Key: pk")
