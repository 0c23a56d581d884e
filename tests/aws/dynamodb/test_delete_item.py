"""DeleteItem: gone whether or not it was there, what is returned, what it costs, refusals."""

from __future__ import annotations

import pytest

KEY = {"pk": {"S": "a"}}
ITEM = {**KEY, "v": {"N": "1"}}


def test_gone_twice(ask, table):
    ask("PutItem", TableName=table, Item=ITEM)
    assert ask("DeleteItem", TableName=table, Key=KEY) == {}
    assert ask("GetItem", TableName=table, Key=KEY, ConsistentRead=True) == {}
    assert ask("DeleteItem", TableName=table, Key=KEY) == {}


def test_return_values(ask, table):
    asked = {"TableName": table, "Key": KEY, "ReturnValues": "ALL_OLD"}
    ask("PutItem", TableName=table, Item=ITEM)
    assert ask("DeleteItem", **asked) == {"Attributes": ITEM}
    assert ask("DeleteItem", **asked) == {}


@pytest.mark.parametrize(("filler", "units"), [(0, 1.0), (3000, 3.0)])
def test_capacity_is_that_of_the_item(ask, table, filler, units):
    item = {**KEY, "x": {"S": "x" * filler}}
    ask("PutItem", TableName=table, Item=item)
    asked = {"TableName": table, "Key": KEY, "ReturnConsumedCapacity": "INDEXES"}
    told = ask("DeleteItem", **asked)["ConsumedCapacity"]
    assert told == {
        "TableName": table,
        "CapacityUnits": units,
        "Table": {"CapacityUnits": units},
    }
    # Deleting nothing costs as much as the smallest item.
    assert ask("DeleteItem", **asked)["ConsumedCapacity"]["CapacityUnits"] == 1.0


def test_index_entries_go_too(ask, indexed_table):
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    item = {**key, "g": {"S": "g"}, "gs": {"N": "1"}, "l": {"S": "l"}}
    ask("PutItem", TableName=indexed_table, Item=item)
    answer = ask(
        "DeleteItem",
        TableName=indexed_table,
        Key=key,
        ReturnConsumedCapacity="INDEXES",
        ReturnItemCollectionMetrics="SIZE",
    )
    one = {"CapacityUnits": 1.0}
    assert answer == {
        "ConsumedCapacity": {
            "TableName": indexed_table,
            "CapacityUnits": 5.0,
            "Table": one,
            "LocalSecondaryIndexes": {"by_l": one},
            "GlobalSecondaryIndexes": {"by_g": one, "by_g_all": one, "by_g_some": one},
        },
        "ItemCollectionMetrics": {
            "ItemCollectionKey": {"pk": {"S": "a"}},
            "SizeEstimateRangeGB": [0.0, 1.0],
        },
    }
    for index in ("by_l", "by_g", "by_g_all", "by_g_some"):
        assert ask("Scan", TableName=indexed_table, IndexName=index)["Count"] == 0


def test_conditions(dynamodb, ask, refusal, table):
    ask("PutItem", TableName=table, Item=ITEM)
    failed = ("ConditionalCheckFailedException", "The conditional request failed")
    asked = {"TableName": table, "Key": KEY}
    values = {"ExpressionAttributeValues": {":v": {"N": "2"}}}
    assert refusal("DeleteItem", **asked, ConditionExpression="v = :v", **values) == failed
    assert refusal("DeleteItem", **asked, Expected={"v": {"Value": {"N": "2"}}}) == failed
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as refused:
        dynamodb.delete_item(
            **asked,
            ConditionExpression="v > :v",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **values,
        )
    assert refused.value.response["Item"] == ITEM
    assert ask("DeleteItem", **asked, ConditionExpression="v < :v", **values) == {}
    # An item that is not there fails even a condition that any item would satisfy.
    assert refusal("DeleteItem", **asked, ConditionExpression="attribute_exists(pk)") == failed


def test_no_such_table(refusal):
    assert refusal("DeleteItem", TableName="nowhere", Key=KEY) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


@pytest.mark.parametrize(
    "wrong", [{}, {"sk": {"S": "a"}}, {**KEY, "sk": {"S": "a"}}, {"pk": {"N": "1"}}]
)
def test_keys_that_do_not_match_the_schema(invalid, table, wrong):
    message = "The provided key element does not match the schema"
    assert invalid("DeleteItem", TableName=table, Key=wrong) == message


def test_refusals_come_in_order(invalid):
    more = {
        "TableName": "nowhere",
        "Key": {"pk": {}},
        "ReturnValues": "UPDATED_NEW",
        "ConditionExpression": "a =",
    }
    assert invalid("DeleteItem", **more, Expected={}) == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )
    assert invalid("DeleteItem", **more) == (
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    )
    more["Key"] = {}
    assert invalid("DeleteItem", **more) == "ReturnValues can only be ALL_OLD or NONE"
    del more["ReturnValues"]
    assert invalid("DeleteItem", **more) == (
        'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="'
    )
