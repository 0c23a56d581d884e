"""TransactWriteItems: all or nothing, why not, client tokens, cost, refusals."""

from __future__ import annotations

import uuid

import pytest

PREFIX = "One or more parameter values were invalid: "


def key(pk, sk=1):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def n(number):
    return {"N": str(number)}


@pytest.fixture
def name(make_table):
    return make_table(keys="pk:S sk:N")


@pytest.fixture
def cancelled(dynamodb):
    """cancelled(*actions): the reasons, after the message was found to name their codes."""

    def call(*actions, **more):
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as refused:
            dynamodb.transact_write_items(TransactItems=list(actions), **more)
        reasons = refused.value.response["CancellationReasons"]
        codes = ", ".join(reason["Code"] for reason in reasons)
        assert refused.value.response["Error"]["Message"] == (
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            f"[{codes}]"
        )
        return reasons

    return call


def put(table, item, **more):
    return {"Put": {"TableName": table, "Item": item, **more}}


def update(table, which, expression, values=None, **more):
    if values:
        more["ExpressionAttributeValues"] = values
    return {"Update": {"TableName": table, "Key": which, "UpdateExpression": expression, **more}}


def delete(table, which, **more):
    return {"Delete": {"TableName": table, "Key": which, **more}}


def check(table, which, condition, **more):
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": which,
            "ConditionExpression": condition,
            **more,
        }
    }


def current(ask, table, which):
    return ask("GetItem", TableName=table, Key=which, ConsistentRead=True).get("Item")


def test_four_kinds_in_two_tables(ask, name, table):
    ask("PutItem", TableName=name, Item={**key("gone"), "v": n(1)})
    ask("PutItem", TableName=table, Item={"pk": {"S": "guard"}})
    answer = ask(
        "TransactWriteItems",
        TransactItems=[
            put(name, {**key("new"), "v": n("1.0")}),
            update(name, key("counter"), "ADD v :one", {":one": n(1)}),
            delete(name, key("gone"), ConditionExpression="attribute_exists(pk)"),
            check(table, {"pk": {"S": "guard"}}, "attribute_exists(pk)"),
        ],
    )
    assert answer == {}
    assert current(ask, name, key("new")) == {**key("new"), "v": n(1)}
    assert current(ask, name, key("counter")) == {**key("counter"), "v": n(1)}
    assert current(ask, name, key("gone")) is None


def test_one_failed_condition_undoes_all(ask, name, cancelled):
    ask("PutItem", TableName=name, Item={**key("a"), "v": n(1)})
    reasons = cancelled(
        put(name, key("b")),
        put(
            name,
            key("a"),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
        check(name, key("c"), "attribute_exists(pk)"),
        delete(name, key("d"), ConditionExpression="attribute_not_exists(pk)"),
    )
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert reasons == [
        {"Code": "None"},
        {**failed, "Item": {**key("a"), "v": n(1)}},
        failed,
        {"Code": "None"},
    ]
    assert current(ask, name, key("b")) is None


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            lambda t: put(t, {"pk": {"S": "a"}}),
            f"{PREFIX}Missing the key sk in the item",
        ),
        (
            lambda t: put(t, {"pk": n(1), "sk": n(1)}),
            f"{PREFIX}Type mismatch for key pk expected: S actual: N",
        ),
        (
            lambda t: delete(t, {"pk": {"S": "a"}}),
            "The provided key element does not match the schema",
        ),
        (
            lambda t: update(t, key("a"), "SET pk = :v", {":v": {"S": "b"}}),
            f"{PREFIX}Cannot update attribute pk. This attribute is part of the key",
        ),
        (
            lambda t: update(t, key("a"), "SET v = w + :v", {":v": n(1)}),
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            lambda t: update(t, key("a"), "SET v = pk + :v", {":v": n(1)}),
            "An operand in the update expression has an incorrect data type",
        ),
        (
            lambda t: update(t, key("a"), "SET x = :v", {":v": {"S": "x" * 409600}}),
            "Item size to update has exceeded the maximum allowed size",
        ),
        (
            lambda t: put(t, {**key("a"), "g": n(1)}),
            f"{PREFIX}Type mismatch for Index Key g Expected: S Actual: N IndexName: by_g",
        ),
        (
            lambda t: update(t, key("a"), "SET g = :v", {":v": n(1)}),
            "The update expression attempted to update the secondary index key to unsupported type",
        ),
    ],
)
def test_what_only_the_table_or_the_item_can_tell_cancels(
    ask, indexed_table, cancelled, action, message
):
    reasons = cancelled(put(indexed_table, key("b")), action(indexed_table))
    assert reasons == [{"Code": "None"}, {"Code": "ValidationError", "Message": message}]
    assert current(ask, indexed_table, key("b")) is None


def test_a_token_makes_repetition_harmless(ask, name):
    token = uuid.uuid4().hex
    asked = {
        "TransactItems": [update(name, key("a"), "ADD v :one", {":one": n(1)})],
        "ClientRequestToken": token,
        "ReturnConsumedCapacity": "TOTAL",
    }
    written = {"CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}
    assert ask("TransactWriteItems", **asked) == {
        "ConsumedCapacity": [{"TableName": name, **written}]
    }
    # The second time costs reads, of what is there now.
    read = {"CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}
    assert ask("TransactWriteItems", **asked) == {"ConsumedCapacity": [{"TableName": name, **read}]}
    assert current(ask, name, key("a"))["v"] == n(1)


def test_a_token_belongs_to_its_request(ask, refusal, name):
    token = uuid.uuid4().hex
    ask("TransactWriteItems", TransactItems=[put(name, key("a"))], ClientRequestToken=token)
    code, _ = refusal(
        "TransactWriteItems", TransactItems=[put(name, key("b"))], ClientRequestToken=token
    )
    assert code == "IdempotentParameterMismatchException"
    assert current(ask, name, key("b")) is None


def test_a_token_of_a_cancelled_transaction_is_free(ask, name, cancelled):
    token = uuid.uuid4().hex
    action = put(name, key("a"), ConditionExpression="attribute_exists(pk)")
    cancelled(action, ClientRequestToken=token)
    ask("PutItem", TableName=name, Item=key("a"))
    assert ask("TransactWriteItems", TransactItems=[action], ClientRequestToken=token) == {}


def test_capacity_is_double(ask, indexed_table):
    asked = [
        put(indexed_table, {**key("a"), "g": {"S": "g"}, "x": {"S": "x" * 1500}}),
        update(indexed_table, key("b"), "SET v = :v", {":v": n(1)}),
        delete(indexed_table, key("nobody")),
        check(indexed_table, key("nothing"), "attribute_not_exists(pk)"),
    ]
    answer = ask(
        "TransactWriteItems",
        TransactItems=asked,
        ReturnConsumedCapacity="INDEXES",
        ReturnItemCollectionMetrics="SIZE",
    )

    def both(units):
        return {"CapacityUnits": units, "WriteCapacityUnits": units}

    assert answer["ConsumedCapacity"] == [
        {
            "TableName": indexed_table,
            **both(16.0),
            "Table": both(10.0),
            "GlobalSecondaryIndexes": {"by_g_all": both(4.0), "by_g_some": both(2.0)},
        }
    ]
    metrics = answer["ItemCollectionMetrics"][indexed_table]
    assert [one["ItemCollectionKey"]["pk"]["S"] for one in metrics] == ["a", "b", "nobody"]
    assert all(one["SizeEstimateRangeGB"] == [0.0, 1.0] for one in metrics)


def test_a_hundred_actions_and_no_more(ask, invalid, name):
    hundred = [put(name, key("many", sk)) for sk in range(100)]
    assert ask("TransactWriteItems", TransactItems=hundred) == {}
    assert ask("Scan", TableName=name, Select="COUNT")["Count"] == 100
    message = invalid("TransactWriteItems", TransactItems=[*hundred, put(name, key("a"))])
    assert message.endswith(
        "' at 'transactItems' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


def test_4_mb_and_no_more(ask, refusal, name):
    big = [put(name, {**key("big", sk), "x": {"S": "x" * 400_000}}) for sk in range(11)]
    assert ask("TransactWriteItems", TransactItems=big[:10]) == {}
    assert refusal("TransactWriteItems", TransactItems=big)[0] == "ValidationException"
    assert current(ask, name, key("big", 10)) is None


def test_one_item_twice(ask, invalid, name, table):
    message = "Transaction request cannot include multiple operations on one item"
    asked = [put(name, key("a")), check(name, key("a", "1.0"), "attribute_not_exists(pk)")]
    assert invalid("TransactWriteItems", TransactItems=asked) == message


def test_one_action_each(invalid, name):
    both = {**put(name, key("a")), **delete(name, key("b"))}
    assert invalid("TransactWriteItems", TransactItems=[both]) == (
        "TransactItems can only contain one of Check, Put, Update or Delete"
    )


def test_a_table_missing(refusal, name):
    asked = [put(name, key("a")), put("nowhere", key("a"))]
    assert refusal("TransactWriteItems", TransactItems=asked) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            put("nowhere", {"pk": {}}),
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            put("nowhere", {"pk": {"S": "x" * 409600}}),
            "Item size has exceeded the maximum allowed size",
        ),
        (
            put("nowhere", key("a"), ExpressionAttributeValues={":a": n(1)}),
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null",
        ),
        (
            delete("nowhere", key("a"), ExpressionAttributeNames={"#a": "a"}),
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            update("nowhere", key("a"), "SET a ="),
            'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "="',
        ),
        (
            check("nowhere", key("a"), "a = :b"),
            "Invalid ConditionExpression: An expression attribute value used in expression is not "
            "defined; attribute value: :b",
        ),
    ],
)
def test_what_the_request_alone_can_tell_is_a_validation_exception(invalid, action, message):
    assert invalid("TransactWriteItems", TransactItems=[action]) == message
