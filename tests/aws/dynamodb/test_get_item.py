"""GetItem: what comes back, what it costs, and every refusal in AWS's order."""

from __future__ import annotations

import pytest

PREFIX = "One or more parameter values were invalid: "
EMPTY_VALUE = (
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
)


@pytest.fixture
def filled(ask, make_table):
    """A table pk:S sk:N with one item of every type."""
    name = make_table(keys="pk:S sk:N")
    ask("PutItem", TableName=name, Item=item())
    return name


def key(pk="a", sk="1"):
    return {"pk": {"S": pk}, "sk": {"N": sk}}


def item():
    return {
        **key(),
        "s": {"S": "ű"},
        "b": {"B": b"\x00\xff"},
        "yes": {"BOOL": True},
        "none": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"M": {"deep": {"S": "x"}}}]},
        "m": {"M": {"a": {"N": "1"}, "b": {"N": "2"}}},
    }


def test_the_item_comes_back_as_it_was_put(ask, filled):
    assert ask("GetItem", TableName=filled, Key=key()) == {"Item": item()}


def test_no_item_no_member(ask, filled):
    assert ask("GetItem", TableName=filled, Key=key("b")) == {}


def test_asked_again_and_again_while_it_changes(ask, refusal, make_table):
    name = make_table()
    there, gone = {"pk": {"S": "a"}}, {"pk": {"S": "b"}}
    for n in range(12):
        new = {**there, "n": {"N": str(n)}}
        ask("PutItem", TableName=name, Item=new)
        ask("PutItem", TableName=name, Item=gone)
        for _ in range(3):
            assert ask("GetItem", TableName=name, Key=there, ConsistentRead=True) == {"Item": new}
            assert ask("GetItem", TableName=name, Key=gone, ConsistentRead=True) == {"Item": gone}
        ask("DeleteItem", TableName=name, Key=gone)
        assert ask("GetItem", TableName=name, Key=gone, ConsistentRead=True) == {}
        error = refusal("GetItem", TableName=name, Key={"pk": {"S": ""}}, ConsistentRead=True)
        assert error[0] == "ValidationException"


def test_equal_numbers_are_the_same_key(ask, filled):
    assert ask("GetItem", TableName=filled, Key=key(sk="1.000e0"))["Item"] == item()
    assert ask("GetItem", TableName=filled, Key=key(sk="-1")) == {}


def test_projection_takes_parts_of_documents(ask, filled):
    answer = ask(
        "GetItem",
        TableName=filled,
        Key=key(),
        ProjectionExpression="#s, m.a, l[1].deep, gone",
        ExpressionAttributeNames={"#s": "s"},
    )
    assert answer == {
        "Item": {
            "s": {"S": "ű"},
            "m": {"M": {"a": {"N": "1"}}},
            "l": {"L": [{"M": {"deep": {"S": "x"}}}]},
        }
    }


def test_a_projection_that_finds_nothing_still_finds_the_item(ask, filled):
    answer = ask("GetItem", TableName=filled, Key=key(), ProjectionExpression="gone")
    assert answer == {"Item": {}}


def test_attributes_to_get(ask, filled):
    answer = ask("GetItem", TableName=filled, Key=key(), AttributesToGet=["s", "gone"])
    assert answer == {"Item": {"s": {"S": "ű"}}}


def test_capacity_by_consistency_and_detail(ask, filled):
    def units(**more):
        return ask("GetItem", TableName=filled, **more)["ConsumedCapacity"]

    assert units(Key=key(), ReturnConsumedCapacity="TOTAL") == {
        "TableName": filled,
        "CapacityUnits": 0.5,
    }
    assert units(Key=key(), ReturnConsumedCapacity="INDEXES", ConsistentRead=True) == {
        "TableName": filled,
        "CapacityUnits": 1.0,
        "Table": {"CapacityUnits": 1.0},
    }
    assert units(Key=key("b"), ReturnConsumedCapacity="TOTAL")["CapacityUnits"] == 0.5
    assert "ConsumedCapacity" not in ask(
        "GetItem", TableName=filled, Key=key(), ReturnConsumedCapacity="NONE"
    )


@pytest.mark.parametrize(
    ("size", "units"), [(4096, 1.0), (4097, 2.0), (8192, 2.0), (409600, 100.0)]
)
def test_capacity_counts_4_kb_steps_whatever_is_projected(ask, table, size, units):
    filler = size - len("pk") - len("a") - len("x")
    ask("PutItem", TableName=table, Item={"pk": {"S": "a"}, "x": {"S": "x" * filler}})
    answer = ask(
        "GetItem",
        TableName=table,
        Key={"pk": {"S": "a"}},
        ConsistentRead=True,
        ProjectionExpression="pk",
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"]["CapacityUnits"] == units


def test_the_capacity_names_the_table_as_the_request_did(ask, dynamodb, filled):
    arn = dynamodb.describe_table(TableName=filled)["Table"]["TableArn"]
    answer = ask("GetItem", TableName=arn, Key=key(), ReturnConsumedCapacity="TOTAL")
    assert answer["Item"] == item()
    assert answer["ConsumedCapacity"]["TableName"] == arn


def test_no_such_table(refusal):
    assert refusal("GetItem", TableName="nowhere", Key=key()) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"pk": {"S": "a"}},
        {**key(), "x": {"S": "a"}},
        {"pk": {"S": "a"}, "x": {"N": "1"}},
        {"pk": {"N": "1"}, "sk": {"N": "1"}},
        {"pk": {"S": "a"}, "sk": {"S": "1"}},
        {"pk": {"L": []}, "sk": {"N": "1"}},
    ],
)
def test_keys_that_do_not_match_the_schema(invalid, filled, wrong):
    message = "The provided key element does not match the schema"
    assert invalid("GetItem", TableName=filled, Key=wrong) == message


def test_an_empty_key(invalid, make_table):
    text = (
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty {} value. Key: {}"
    )
    name = make_table(keys="pk:S sk:B")
    empty_string = {"pk": {"S": ""}, "sk": {"B": b"x"}}
    empty_binary = {"pk": {"S": "x"}, "sk": {"B": b""}}
    assert invalid("GetItem", TableName=name, Key=empty_string) == text.format("string", "pk")
    assert invalid("GetItem", TableName=name, Key=empty_binary) == text.format("binary", "sk")


def test_key_lengths(ask, invalid, make_table):
    name = make_table(keys="pk:S sk:S")
    longest = {"pk": {"S": "é" * 1024}, "sk": {"S": "x" * 1024}}
    assert ask("GetItem", TableName=name, Key=longest) == {}
    too_long = {"pk": {"S": "é" * 1024 + "x"}, "sk": {"S": "x"}}
    assert invalid("GetItem", TableName=name, Key=too_long) == (
        f"{PREFIX}Size of hashkey has exceeded the maximum size limit of2048 bytes"
    )
    too_long = {"pk": {"S": "x"}, "sk": {"S": "x" * 1025}}
    assert invalid("GetItem", TableName=name, Key=too_long) == (
        f"{PREFIX}Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    )


def test_values_of_the_key_are_looked_at_before_the_table(invalid):
    bad = {"pk": {}}
    assert invalid("GetItem", TableName="nowhere", Key=bad) == EMPTY_VALUE
    bad = {"pk": {"S": "a", "N": "1"}}
    assert invalid("GetItem", TableName="nowhere", Key=bad) == (
        "Supplied AttributeValue has more than one datatypes set, "
        "must contain exactly one of the supported datatypes"
    )


def test_styles_do_not_mix(invalid):
    # Before the key's values, and before the table.
    bad = {"pk": {}}
    assert invalid(
        "GetItem",
        TableName="nowhere",
        Key=bad,
        AttributesToGet=["a"],
        ProjectionExpression="a",
        ExpressionAttributeNames={},
    ) == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    )
    assert invalid("GetItem", TableName="nowhere", Key=bad, ExpressionAttributeNames={}) == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )


def test_duplicate_attributes_to_get(invalid):
    asked = {"TableName": "nowhere", "Key": key(), "AttributesToGet": ["b", "a", "b", "a"]}
    assert invalid("GetItem", **asked) == f"{PREFIX}Duplicate value in attribute name: b"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"ProjectionExpression": ""},
            "Invalid ProjectionExpression: The expression can not be empty;",
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {"b": "c"}},
            'ExpressionAttributeNames contains invalid key: Syntax error; key: "b"',
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "c"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
        ),
        (
            {"ProjectionExpression": "#a"},
            "Invalid ProjectionExpression: An expression attribute name used in the document path "
            "is not defined; attribute name: #a",
        ),
    ],
)
def test_expressions_are_looked_at_before_the_table(invalid, more, message):
    assert invalid("GetItem", TableName="nowhere", Key=key(), **more) == message


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("pk.a", "Key: pk"),
        ("sk[0]", "Key: sk"),
        ("l[1], g.x", "IndexKey: l"),
        ("g.x", "IndexKey: g"),
    ],
)
def test_no_path_leads_into_a_key(invalid, indexed_table, path, level):
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    text = (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' "
        f"are not allowed: {level}"
    )
    where = {"TableName": indexed_table, "Key": key}
    assert invalid("GetItem", **where, ProjectionExpression=path) == text
    batch = {indexed_table: {"Keys": [key], "ProjectionExpression": path}}
    assert invalid("BatchGetItem", RequestItems=batch) == text
    get = {"Get": {**where, "ProjectionExpression": path}}
    assert invalid("TransactGetItems", TransactItems=[get]) == text
    assert invalid("Scan", TableName=indexed_table, ProjectionExpression=path) == text


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem", "UpdateItem"])
def test_no_condition_leads_into_a_key(invalid, indexed_table, operation):
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    member = "Item" if operation == "PutItem" else "Key"
    asked = {"TableName": indexed_table, member: key, "ConditionExpression": "size(g.x) = sk"}
    text = (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' "
        "are not allowed: IndexKey: g"
    )
    assert invalid(operation, **asked) == text
    kind = operation.removesuffix("Item")
    if kind == "Update":
        asked["UpdateExpression"] = "SET v = pk"
    assert invalid("TransactWriteItems", TransactItems=[{kind: asked}]) == text


def test_no_update_leads_into_an_index_key(invalid, indexed_table):
    where = {"TableName": indexed_table, "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}}
    for expression in ("REMOVE g.x", "SET v = g[0]", "SET v = if_not_exists(g.x, pk)"):
        assert invalid("UpdateItem", **where, UpdateExpression=expression) == (
            "Key attributes must be scalars; list random access '[]' and map lookup '.' "
            "are not allowed: IndexKey: g"
        )
