"""BatchGetItem: items of several tables, what is left undone, cost, refusals."""

from __future__ import annotations

import pytest


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


@pytest.fixture
def pair(ask, make_table):
    """Two tables pk:S sk:N with the items a/0 … a/9 in the first and b/0 in the second."""
    first, second = make_table(keys="pk:S sk:N"), make_table(keys="pk:S sk:N")
    for sk in range(10):
        ask("PutItem", TableName=first, Item={**key("a", sk), "v": {"N": str(sk)}})
    ask("PutItem", TableName=second, Item=key("b", 0))
    return first, second


def by_sort_key(items):
    return sorted(items, key=lambda item: int(item["sk"]["N"]))


def test_items_of_several_tables(ask, pair):
    first, second = pair
    answer = ask(
        "BatchGetItem",
        RequestItems={
            first: {
                "Keys": [key("a", sk) for sk in (3, 1, 77)],
                "ProjectionExpression": "#s, v",
                "ExpressionAttributeNames": {"#s": "sk"},
            },
            second: {"Keys": [key("b", 0)], "ConsistentRead": True},
        },
    )
    answer["Responses"][first] = by_sort_key(answer["Responses"][first])
    assert answer == {
        "Responses": {
            first: [{"sk": {"N": "1"}, "v": {"N": "1"}}, {"sk": {"N": "3"}, "v": {"N": "3"}}],
            second: [key("b", 0)],
        },
        "UnprocessedKeys": {},
    }


def test_nothing_found(ask, pair):
    answer = ask("BatchGetItem", RequestItems={pair[0]: {"Keys": [key("zz", 1)]}})
    assert answer == {"Responses": {pair[0]: []}, "UnprocessedKeys": {}}


def test_attributes_to_get(ask, pair):
    asked = {pair[0]: {"Keys": [key("a", 1)], "AttributesToGet": ["v"]}}
    assert ask("BatchGetItem", RequestItems=asked)["Responses"][pair[0]] == [{"v": {"N": "1"}}]


def test_capacity_counts_each_item_by_itself(ask, pair):
    first, second = pair
    ask("PutItem", TableName=second, Item={**key("b", 1), "x": {"S": "x" * 5000}})
    answer = ask(
        "BatchGetItem",
        RequestItems={
            first: {"Keys": [key("a", sk) for sk in (1, 2, 77)]},
            second: {"Keys": [key("b", 0), key("b", 1)], "ConsistentRead": True},
        },
        ReturnConsumedCapacity="INDEXES",
    )
    told = {one.pop("TableName"): one for one in answer["ConsumedCapacity"]}
    assert told == {
        first: {"CapacityUnits": 1.5, "Table": {"CapacityUnits": 1.5}},
        second: {"CapacityUnits": 3.0, "Table": {"CapacityUnits": 3.0}},
    }


def test_what_does_not_fit_into_16_mb_is_left_undone(ask, make_table):
    # A burst of 600,000 units: more than an on-demand table gives at once.
    table = make_table(
        ProvisionedThroughput={"ReadCapacityUnits": 2000, "WriteCapacityUnits": 2000}
    )
    keys = [{"pk": {"S": f"{i:02}"}} for i in range(54)]
    for one in keys:
        ask("PutItem", TableName=table, Item={**one, "x": {"S": "x" * (300 * 1024 - 5)}})
    wanted = {"Keys": keys, "ProjectionExpression": "#p", "ExpressionAttributeNames": {"#p": "pk"}}
    answer = ask("BatchGetItem", RequestItems={table: wanted})
    # The API reference: "if you ask to retrieve 100 items, but each individual item is 300 KB in
    # size, the system returns 52 items".
    assert len(answer["Responses"][table]) == 52
    left = answer["UnprocessedKeys"][table]
    assert {name: left[name] for name in left if name != "Keys"} == {
        "ProjectionExpression": "#p",
        "ExpressionAttributeNames": {"#p": "pk"},
    }
    assert len(left["Keys"]) == 2
    rest = ask("BatchGetItem", RequestItems=answer["UnprocessedKeys"])
    assert len(rest["Responses"][table]) == 2
    assert rest["UnprocessedKeys"] == {}


def test_a_hundred_keys_and_no_more(ask, invalid, pair):
    first, second = pair
    half = [key("a", sk) for sk in range(50)]
    asked = {first: {"Keys": half}, second: {"Keys": half}}
    assert len(ask("BatchGetItem", RequestItems=asked)["Responses"][first]) == 10
    asked[second] = {"Keys": [*half, key("a", 50)]}
    message = "Too many items requested for the BatchGetItem call"
    assert invalid("BatchGetItem", RequestItems=asked) == message


def test_duplicates(invalid, pair):
    message = "Provided list of item keys contains duplicates"
    asked = {pair[0]: {"Keys": [key("a", 1), key("a", "1.0")]}}
    assert invalid("BatchGetItem", RequestItems=asked) == message


def test_one_table_missing(refusal, pair):
    asked = {pair[0]: {"Keys": [key("a", 1)]}, "nowhere": {"Keys": [key("a", 1)]}}
    assert refusal("BatchGetItem", RequestItems=asked) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            {"AttributesToGet": ["a"], "ProjectionExpression": "a"},
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet} "
            "Expression parameters: {ProjectionExpression}",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"AttributesToGet": ["a", "a"]},
            "One or more parameter values were invalid: Duplicate value in attribute name: a",
        ),
        (
            {"ProjectionExpression": "a,"},
            'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","',
        ),
    ],
)
def test_each_table_has_its_own_rules(invalid, part, message):
    asked = {"nowhere": {"Keys": [key("a", 1)], **part}}
    assert invalid("BatchGetItem", RequestItems=asked) == message


def test_keys_that_do_not_match_the_schema(invalid, pair):
    message = "The provided key element does not match the schema"
    for wrong in ({"pk": {"S": "a"}}, {"pk": {"S": "a"}, "sk": {"S": "1"}}):
        assert invalid("BatchGetItem", RequestItems={pair[0]: {"Keys": [wrong]}}) == message
