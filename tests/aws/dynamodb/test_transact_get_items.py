"""TransactGetItems: one instant's items in the order asked, cost, refusals."""

from __future__ import annotations

import pytest


def key(pk, sk=1):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


@pytest.fixture
def filled(ask, make_table):
    name = make_table(keys="pk:S sk:N")
    for pk in "abc":
        ask("PutItem", TableName=name, Item={**key(pk), "v": {"S": pk}})
    return name


def get(table, which, **more):
    return {"Get": {"TableName": table, "Key": which, **more}}


def test_answers_stand_in_the_order_of_the_questions(ask, filled, table):
    ask("PutItem", TableName=table, Item={"pk": {"S": "z"}})
    answer = ask(
        "TransactGetItems",
        TransactItems=[
            get(filled, key("c")),
            get(table, {"pk": {"S": "z"}}),
            get(filled, key("nobody")),
            get(filled, key("a"), ProjectionExpression="#v", ExpressionAttributeNames={"#v": "v"}),
            get(filled, key("b"), ProjectionExpression="gone"),
        ],
    )
    assert answer == {
        "Responses": [
            {"Item": {**key("c"), "v": {"S": "c"}}},
            {"Item": {"pk": {"S": "z"}}},
            {},
            {"Item": {"v": {"S": "a"}}},
            {"Item": {}},
        ]
    }


def test_capacity_is_double(ask, filled, table):
    ask("PutItem", TableName=table, Item={"pk": {"S": "z"}, "x": {"S": "x" * 5000}})
    asked = [get(filled, key("a")), get(filled, key("nobody")), get(table, {"pk": {"S": "z"}})]

    def told(detail):
        answer = ask("TransactGetItems", TransactItems=asked, ReturnConsumedCapacity=detail)
        return {one.pop("TableName"): one for one in answer["ConsumedCapacity"]}

    four = {"CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}
    assert told("TOTAL") == {filled: four, table: four}
    assert told("INDEXES") == {filled: {**four, "Table": four}, table: {**four, "Table": four}}


def test_a_hundred_items_and_no_more(ask, invalid, filled):
    hundred = [get(filled, key("many", sk)) for sk in range(100)]
    answer = ask("TransactGetItems", TransactItems=hundred)
    assert answer == {"Responses": [{}] * 100}
    message = invalid("TransactGetItems", TransactItems=[*hundred, get(filled, key("a"))])
    assert message.startswith("1 validation error detected: Value '[")
    assert message.endswith(
        "' at 'transactItems' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


def test_4_mb_and_no_more(ask, refusal, make_table):
    # One part of an on-demand table gives a thousand units a second.
    units = {"ReadCapacityUnits": 2000, "WriteCapacityUnits": 2000}
    table = make_table("pk:S sk:N", ProvisionedThroughput=units)
    for sk in range(11):
        ask("PutItem", TableName=table, Item={**key(f"big{sk}", sk), "x": {"S": "x" * 400_000}})
    asked = [get(table, key(f"big{sk}", sk), ProjectionExpression="pk") for sk in range(11)]
    assert len(ask("TransactGetItems", TransactItems=asked[:10])["Responses"]) == 10
    assert refusal("TransactGetItems", TransactItems=asked)[0] == "ValidationException"


def test_one_item_twice(invalid, filled):
    asked = [get(filled, key("a")), get(filled, key("a", "1.0"))]
    assert invalid("TransactGetItems", TransactItems=asked) == (
        "Transaction request cannot include multiple operations on one item"
    )


def test_a_table_missing(refusal, filled):
    asked = [get(filled, key("a")), get("nowhere", key("a"))]
    assert refusal("TransactGetItems", TransactItems=asked) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_a_key_that_does_not_match_cancels(dynamodb, filled):
    asked = [get(filled, key("a")), get(filled, {"pk": {"S": "a"}, "sk": {"S": "1"}})]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as refused:
        dynamodb.transact_get_items(TransactItems=asked)
    assert refused.value.response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ValidationError]"
    )
    assert refused.value.response["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ValidationError",
            "Message": "The provided key element does not match the schema",
        },
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#a": "a"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            {"ProjectionExpression": ""},
            "Invalid ProjectionExpression: The expression can not be empty;",
        ),
    ],
)
def test_expressions_are_looked_at_before_tables(invalid, more, message):
    asked = [get("nowhere", key("a"), **more)]
    assert invalid("TransactGetItems", TransactItems=asked) == message
