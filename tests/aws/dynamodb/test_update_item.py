"""UpdateItem: what becomes of the item, the five ReturnValues, cost, and refusals in AWS's order.

What each function and operator of an update expression does is for the expression tests.
"""

from __future__ import annotations

import pytest

PREFIX = "One or more parameter values were invalid: "
KEY = {"pk": {"S": "a"}}


def n(number):
    return {"N": str(number)}


@pytest.fixture
def update(ask, table):
    """update(expression, values, **more): an update of the item `a`."""

    def call(expression, values=None, **more):
        if values:
            more["ExpressionAttributeValues"] = values
        return ask("UpdateItem", TableName=table, Key=KEY, UpdateExpression=expression, **more)

    return call


@pytest.fixture
def current(ask, table):
    return lambda: ask("GetItem", TableName=table, Key=KEY, ConsistentRead=True).get("Item")


def test_makes_the_item_from_its_key(update, current):
    assert update("SET v = :v", {":v": n(1)}) == {}
    assert current() == {**KEY, "v": n(1)}


def test_without_an_update_the_key_alone_becomes_an_item(ask, table, current):
    assert ask("UpdateItem", TableName=table, Key=KEY) == {}
    assert current() == KEY


def test_a_counter(update, current):
    for _ in range(3):
        update("ADD hits :one", {":one": n(1)})
    assert current() == {**KEY, "hits": n(3)}


def test_all_sections_see_the_old_item(update, current):
    update("SET a = :v, b = :v, tags = :t", {":v": n(1), ":t": {"SS": ["x", "y"]}})
    update(
        "SET a = b + :v, b = a REMOVE gone ADD fresh :v DELETE tags :t",
        {":v": n(9), ":t": {"SS": ["x"]}},
    )
    assert current() == {**KEY, "a": n(10), "b": n(1), "fresh": n(9), "tags": {"SS": ["y"]}}


def test_return_values(update):
    values = {":v": n(1), ":m": {"M": {"x": n(1), "y": n(2)}}}
    assert update("SET v = :v, m = :m", values, ReturnValues="UPDATED_OLD") == {}
    assert update("SET v = :v", {":v": n(2)}, ReturnValues="NONE") == {}
    whole = {**KEY, "v": n(2), "m": values[":m"]}
    assert update("SET v = :v", {":v": n(3)}, ReturnValues="ALL_OLD") == {"Attributes": whole}
    whole["v"] = n(4)
    assert update("SET v = :v", {":v": n(4)}, ReturnValues="ALL_NEW") == {"Attributes": whole}
    answer = update("SET v = :v", {":v": n(5)}, ReturnValues="UPDATED_OLD")
    assert answer == {"Attributes": {"v": n(4)}}
    answer = update("SET v = :v, m.x = :v", {":v": n(6)}, ReturnValues="UPDATED_NEW")
    assert answer == {"Attributes": {"v": n(6), "m": {"M": {"x": n(6)}}}}
    assert update("REMOVE v", ReturnValues="UPDATED_OLD") == {"Attributes": {"v": n(6)}}
    assert update("REMOVE v", ReturnValues="UPDATED_NEW") == {}


def test_all_old_of_nothing(update):
    assert update("SET v = :v", {":v": n(1)}, ReturnValues="ALL_OLD") == {}


def test_legacy_attribute_updates(ask, table, current):
    def change(**updates):
        return ask(
            "UpdateItem",
            TableName=table,
            Key=KEY,
            AttributeUpdates=updates,
            ReturnValues="UPDATED_NEW",
        )

    assert change(v={"Value": n(1)}, w={"Action": "PUT", "Value": n(1)}) == {
        "Attributes": {"v": n(1), "w": n(1)}
    }
    change(v={"Action": "ADD", "Value": n(2)}, w={"Action": "DELETE"})
    assert current() == {**KEY, "v": n(3)}


def test_conditions(dynamodb, update, current, refusal, table):
    update("SET v = :v", {":v": n(1)})
    asked = {
        "TableName": table,
        "Key": KEY,
        "UpdateExpression": "SET v = :new",
        "ConditionExpression": "v = :old",
        "ExpressionAttributeValues": {":new": n(3), ":old": n(2)},
    }
    failed = ("ConditionalCheckFailedException", "The conditional request failed")
    assert refusal("UpdateItem", **asked) == failed
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as refused:
        dynamodb.update_item(**asked, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refused.value.response["Item"] == {**KEY, "v": n(1)}
    assert current() == {**KEY, "v": n(1)}
    assert (
        refusal(
            "UpdateItem",
            TableName=table,
            Key=KEY,
            AttributeUpdates={"v": {"Value": n(9)}},
            Expected={"v": {"Value": n(2)}},
        )
        == failed
    )


def test_capacity_is_that_of_the_larger_image(update):
    total = {"ReturnConsumedCapacity": "TOTAL"}

    def units(*change):
        return update(*change, **total)["ConsumedCapacity"]["CapacityUnits"]

    assert units("SET x = :x", {":x": {"S": "x" * 2500}}) == 3.0
    assert units("SET y = :y", {":y": n(1)}) == 3.0
    assert units("REMOVE x") == 3.0
    assert units("SET y = :y", {":y": n(2)}) == 1.0


def test_capacity_of_indexes_and_metrics(ask, indexed_table):
    key = {"pk": {"S": "a"}, "sk": n(1)}
    asked = {
        "TableName": indexed_table,
        "Key": key,
        "ReturnConsumedCapacity": "INDEXES",
        "ReturnItemCollectionMetrics": "SIZE",
    }
    values = {":g": {"S": "g"}, ":n": n(1)}
    answer = ask(
        "UpdateItem",
        **asked,
        UpdateExpression="SET g = :g, gs = :n",
        ExpressionAttributeValues=values,
    )
    one = {"CapacityUnits": 1.0}
    assert answer == {
        "ConsumedCapacity": {
            "TableName": indexed_table,
            "CapacityUnits": 4.0,
            "Table": one,
            "GlobalSecondaryIndexes": {"by_g": one, "by_g_all": one, "by_g_some": one},
        },
        "ItemCollectionMetrics": {
            "ItemCollectionKey": {"pk": {"S": "a"}},
            "SizeEstimateRangeGB": [0.0, 1.0],
        },
    }


def test_the_key_cannot_change(refusal, invalid, table, ask):
    message = f"{PREFIX}Cannot update attribute pk. This attribute is part of the key"
    asked = {"TableName": table, "Key": KEY}
    for expression in ("SET pk = :v", "ADD pk :v", "REMOVE pk", "SET pk.x = :v"):
        values = {} if "v" not in expression else {"ExpressionAttributeValues": {":v": n(1)}}
        assert invalid("UpdateItem", **asked, UpdateExpression=expression, **values) == message
    updates = {"AttributeUpdates": {"pk": {"Value": {"S": "b"}}}}
    assert invalid("UpdateItem", **asked, **updates) == message
    # The key itself comes first.
    wrong = {"TableName": table, "Key": {"x": n(1)}, "UpdateExpression": "REMOVE pk"}
    assert invalid("UpdateItem", **wrong) == "The provided key element does not match the schema"


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        (
            "g",
            n(1),
            "The update expression attempted to update the secondary index key to unsupported type",
        ),
        (
            "g",
            {"S": ""},
            "One or more parameter values are not valid. The update expression attempted to update "
            "a secondary index key to a value that is not supported. The AttributeValue for a key "
            "attribute cannot contain an empty string value.",
        ),
        (
            "l",
            {"S": "x" * 1025},
            "The update expression attempted to update the secondary index key beyond allowed "
            "size limits",
        ),
    ],
)
def test_index_keys(ask, invalid, indexed_table, attribute, value, message):
    key = {"pk": {"S": "a"}, "sk": n(1)}
    asked = {
        "TableName": indexed_table,
        "Key": key,
        "UpdateExpression": f"SET {attribute} = :v",
        "ExpressionAttributeValues": {":v": value},
    }
    assert invalid("UpdateItem", **asked) == message
    assert ask("GetItem", TableName=indexed_table, Key=key) == {}


def test_index_keys_in_attribute_updates_are_refused_in_other_words(invalid, indexed_table):
    asked = {"TableName": indexed_table, "Key": {"pk": {"S": "a"}, "sk": n(1)}}
    assert invalid("UpdateItem", **asked, AttributeUpdates={"g": {"Value": n(1)}}) == (
        f"{PREFIX}Type mismatch for Index Key g Expected: S Actual: N IndexName: by_g"
    )


def test_the_largest_item_and_the_next(update, invalid, table):
    filler = 409600 - len("pk") - len("a") - len("x")
    assert update("SET x = :x", {":x": {"S": "x" * filler}}) == {}
    assert (
        invalid(
            "UpdateItem",
            TableName=table,
            Key=KEY,
            UpdateExpression="SET x = :x",
            ExpressionAttributeValues={":x": {"S": "x" * (filler + 1)}},
        )
        == "Item size to update has exceeded the maximum allowed size"
    )


def test_no_such_table(refusal):
    assert refusal("UpdateItem", TableName="nowhere", Key=KEY) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_refusals_come_in_order(invalid):
    more = {
        "TableName": "nowhere",
        "Key": {"pk": {}},
        "UpdateExpression": "SET a =",
        "ConditionExpression": "",
    }
    mixed = {"AttributeUpdates": {}, "Expected": {}, "ConditionalOperator": "AND"}
    assert invalid("UpdateItem", **more, **mixed) == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributeUpdates, Expected, ConditionalOperator} "
        "Expression parameters: {UpdateExpression, ConditionExpression}"
    )
    assert invalid("UpdateItem", **more) == (
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    )
    more["Key"] = {}
    assert invalid("UpdateItem", **more) == (
        'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "="'
    )
    more["UpdateExpression"] = "REMOVE a"
    assert invalid("UpdateItem", **more) == (
        "Invalid ConditionExpression: The expression can not be empty;"
    )
    del more["UpdateExpression"], more["ConditionExpression"]
    assert invalid("UpdateItem", **more, ExpressionAttributeValues={":v": n(1)}) == (
        "ExpressionAttributeValues can only be specified when using expressions: "
        "UpdateExpression and ConditionExpression are null"
    )
    assert invalid("UpdateItem", **more, ExpressionAttributeNames={"#v": "v"}) == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )


def test_one_pair_of_placeholders_serves_both_expressions(ask, invalid, table):
    asked = {
        "TableName": table,
        "Key": KEY,
        "UpdateExpression": "SET #a = :v",
        "ConditionExpression": "attribute_not_exists(#b)",
        "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
        "ExpressionAttributeValues": {":v": n(1)},
    }
    assert ask("UpdateItem", **asked) == {}
    asked["ExpressionAttributeNames"]["#c"] = "c"
    assert invalid("UpdateItem", **asked) == (
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c}"
    )


def test_positions_in_lists_are_those_of_the_item_as_it_was(ask, table):
    place = {"TableName": table, "Key": {"pk": {"S": "positions"}}}
    names = {"L": [{"M": {"k": {"N": str(n)}}} for n in range(4)]}
    answer = ask(
        "UpdateItem",
        **place,
        UpdateExpression="SET l = :l",
        ExpressionAttributeValues={":l": names},
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"]["l"] == names
    answer = ask(
        "UpdateItem",
        **place,
        UpdateExpression="REMOVE l[0], l[2].k",
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"]["l"] == {"L": [names["L"][1], {"M": {}}, names["L"][3]]}
