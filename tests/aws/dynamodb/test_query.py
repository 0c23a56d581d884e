"""Query: ranges of the sort key, pages, indexes, filters, Select, cost, and refusals in order."""

from __future__ import annotations

import pytest

PREFIX = "One or more parameter values were invalid: "


def n(number):
    return {"N": str(number)}


def key(pk, sk=1):
    return {"pk": {"S": pk}, "sk": n(sk)}


def of(pk="a", more="", **values):
    """Key condition parameters: `pk`, and whatever `more` says with its values."""
    return {
        "KeyConditionExpression": "pk = :pk" + more,
        "ExpressionAttributeValues": {":pk": {"S": pk}, **{f":{k}": v for k, v in values.items()}},
    }


NUMBERS = [-1000, -2.5, -0.001, 0, 0.001, 1, 2, 10, 10.5, 1e20]


@pytest.fixture
def filled(ask, make_table):
    """A table pk:S sk:N with numbers of every kind under "a", and one item under "b"."""
    name = make_table(keys="pk:S sk:N")
    puts = [{"PutRequest": {"Item": {**key("a", sk), "v": n(sk)}}} for sk in NUMBERS]
    ask("BatchWriteItem", RequestItems={name: [*puts, {"PutRequest": {"Item": key("b")}}]})
    return name


@pytest.fixture
def indexed(ask, indexed_table):
    """The indexed table: five items a/0 … a/4, l descending; all but the last under g = "g"."""
    for sk in range(5):
        item = {**key("a", sk), "l": {"S": f"l{9 - sk}"}, "kept": n(1), "spare": n(2)}
        if sk < 4:
            item |= {"g": {"S": "g"}, "gs": n(sk // 2)}
        ask("PutItem", TableName=indexed_table, Item=item)
    return indexed_table


def sort_keys(answer):
    return [float(item["sk"]["N"]) for item in answer["Items"]]


def test_a_partition_in_order_forward_and_back(ask, filled):
    answer = ask("Query", TableName=filled, **of())
    assert sort_keys(answer) == NUMBERS
    assert (answer["Count"], answer["ScannedCount"]) == (10, 10)
    assert "LastEvaluatedKey" not in answer
    back = ask("Query", TableName=filled, ScanIndexForward=False, **of())
    assert sort_keys(back) == NUMBERS[::-1]


def test_an_empty_partition(ask, filled):
    answer = ask("Query", TableName=filled, **of("nobody"))
    assert answer == {"Items": [], "Count": 0, "ScannedCount": 0}


@pytest.mark.parametrize(
    ("more", "values", "found"),
    [
        (" AND sk = :x", [1], [1]),
        (" AND sk < :x", [0], [-1000, -2.5, -0.001]),
        (" AND sk <= :x", [0], [-1000, -2.5, -0.001, 0]),
        (" AND sk > :x", [10], [10.5, 1e20]),
        (" AND :x <= sk", [10], [10, 10.5, 1e20]),
        (" AND sk BETWEEN :x AND :y", [-0.001, 1], [-0.001, 0, 0.001, 1]),
        (" AND sk = :x", [3], []),
    ],
)
def test_ranges_of_numbers(ask, filled, more, values, found):
    condition = of("a", more, **dict(zip("xy", map(n, values), strict=False)))
    assert sort_keys(ask("Query", TableName=filled, **condition)) == found
    back = ask("Query", TableName=filled, ScanIndexForward=False, **condition)
    assert sort_keys(back) == found[::-1]


def test_ranges_of_strings_and_bytes(ask, make_table):
    for kind, words in (
        ("S", ["A", "Z", "a", "ab", "ab\U0010ffff", "ac", "é", "\uffff", "\U00010000"]),
        ("B", [b"\x00", b"\x00\x01", b"a", b"ab", b"ab\xff\xff", b"ac", b"\xff"]),
    ):
        name = make_table(keys=f"pk:S sk:{kind}")
        for word in words:
            ask("PutItem", TableName=name, Item={"pk": {"S": "a"}, "sk": {kind: word}})

        def found(more, kind=kind, name=name, **values):
            values = {k: {kind: v} for k, v in values.items()}
            answer = ask("Query", TableName=name, **of("a", more, **values))
            return [item["sk"][kind] for item in answer["Items"]]

        assert found("") == words  # in UTF-8 order, which is code point order
        prefix = words[3]
        assert found(" AND begins_with(sk, :x)", x=prefix) == words[3:5]
        assert found(" AND sk BETWEEN :x AND :y", x=words[2], y=words[5]) == words[2:6]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 10, 11])
def test_pages_by_limit(ask, filled, limit, forward):
    found, asked = [], {"TableName": filled, "Limit": limit, "ScanIndexForward": forward, **of()}
    while True:
        answer = ask("Query", **asked)
        found += sort_keys(answer)
        if "LastEvaluatedKey" not in answer:
            break
        # The key comes with a full page even where nothing follows.
        assert answer["Count"] == limit
        last = answer["Items"][-1]
        assert answer["LastEvaluatedKey"] == {"pk": last["pk"], "sk": last["sk"]}
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert found == (NUMBERS if forward else NUMBERS[::-1])


def test_a_page_may_begin_where_no_item_is(ask, filled):
    answer = ask("Query", TableName=filled, ExclusiveStartKey=key("a", 5), **of())
    assert sort_keys(answer) == [10, 10.5, 1e20]


def test_pages_end_at_1_mb(ask, make_table):
    name = make_table(keys="pk:S sk:N")
    filler = "x" * (300_000 - len("pk") - 1 - len("sk") - 2 - len("x"))
    for sk in range(1, 6):
        ask("PutItem", TableName=name, Item={**key("a", sk), "x": {"S": filler}})
    asked = {"TableName": name, "ReturnConsumedCapacity": "TOTAL", **of()}
    # A projection changes neither the size nor the cost of a page.
    first = ask("Query", ProjectionExpression="sk", **asked)
    assert sort_keys(first) == [1, 2, 3, 4]
    assert first["ConsumedCapacity"]["CapacityUnits"] == -(-1_200_000 // 4096) / 2
    rest = ask("Query", **asked, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert sort_keys(rest) == [5]
    assert "LastEvaluatedKey" not in rest


def test_filters_count_what_was_read(ask, filled):
    condition = of("a", " AND sk > :z", z=n(0), ten=n(10))
    answer = ask("Query", TableName=filled, FilterExpression="v < :ten", **condition)
    assert sort_keys(answer) == [0.001, 1, 2]
    assert (answer["Count"], answer["ScannedCount"]) == (3, 6)
    answer = ask("Query", TableName=filled, FilterExpression="v = :ten", Limit=2, **condition)
    assert (answer["Count"], answer["ScannedCount"]) == (0, 2)
    assert answer["LastEvaluatedKey"] == key("a", 1)


def test_counting(ask, filled):
    answer = ask("Query", TableName=filled, Select="COUNT", Limit=4, **of())
    assert answer == {"Count": 4, "ScannedCount": 4, "LastEvaluatedKey": key("a", 0)}


def test_projection(ask, filled):
    answer = ask("Query", TableName=filled, ProjectionExpression="v", Limit=2, **of())
    assert answer["Items"] == [{"v": n(-1000)}, {"v": n(-2.5)}]


def test_legacy_parameters(ask, filled):
    answer = ask(
        "Query",
        TableName=filled,
        KeyConditions={
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]},
            "sk": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [n(0), n(10)]},
        },
        QueryFilter={"v": {"ComparisonOperator": "NE", "AttributeValueList": [n(1)]}},
        AttributesToGet=["v"],
    )
    assert [item["v"]["N"] for item in answer["Items"]] == ["0", "0.001", "2", "10"]
    assert (answer["Count"], answer["ScannedCount"]) == (4, 5)


def test_key_conditions_go_with_a_filter_expression(ask, filled):
    equal = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}
    answer = ask(
        "Query",
        TableName=filled,
        KeyConditions={"pk": equal},
        FilterExpression="v = :v",
        ExpressionAttributeValues={":v": n(1)},
    )
    assert sort_keys(answer) == [1]


def test_a_local_index(ask, indexed):
    asked = {"TableName": indexed, "IndexName": "by_l"}
    answer = ask("Query", **asked, **of())
    assert sort_keys(answer) == [4, 3, 2, 1, 0]
    assert all(item.keys() == {"pk", "sk", "l"} for item in answer["Items"])
    condition = of("a", " AND l > :l", l={"S": "l7"})
    assert sort_keys(ask("Query", **asked, ConsistentRead=True, **condition)) == [1, 0]
    everything = {"pk", "sk", "g", "gs", "l", "kept", "spare"}
    answer = ask("Query", **asked, Select="ALL_ATTRIBUTES", **condition)
    assert all(item.keys() == everything for item in answer["Items"])
    answer = ask("Query", **asked, ProjectionExpression="spare, l", Limit=1, **of())
    assert answer["Items"] == [{"spare": n(2), "l": {"S": "l5"}}]
    assert answer["LastEvaluatedKey"] == {**key("a", 4), "l": {"S": "l5"}}


def test_pages_of_a_global_index_with_equal_keys(ask, indexed):
    for forward in (True, False):
        found = []
        asked = {
            "TableName": indexed,
            "IndexName": "by_g",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": {"S": "g"}},
            "ScanIndexForward": forward,
            "Limit": 1,
        }
        while True:
            answer = ask("Query", **asked)
            found += [(int(item["gs"]["N"]), int(item["sk"]["N"])) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            assert answer["LastEvaluatedKey"].keys() == {"pk", "sk", "g", "gs"}
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        assert sorted(found) == [(0, 0), (0, 1), (1, 2), (1, 3)]
        assert [gs for gs, _ in found] == sorted([0, 0, 1, 1], reverse=not forward)


def test_an_index_follows_its_items(ask, indexed):
    asked = {
        "TableName": indexed,
        "IndexName": "by_g_some",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "h"}},
    }
    assert ask("Query", **asked)["Count"] == 0
    ask(
        "UpdateItem",
        TableName=indexed,
        Key=key("a", 0),
        UpdateExpression="SET g = :g, kept = :kept",
        ExpressionAttributeValues={":g": {"S": "h"}, ":kept": n(7)},
    )
    assert ask("Query", **asked)["Items"] == [{**key("a", 0), "g": {"S": "h"}, "kept": n(7)}]
    ask("UpdateItem", TableName=indexed, Key=key("a", 0), UpdateExpression="REMOVE g")
    assert ask("Query", **asked)["Count"] == 0


@pytest.fixture
def manifold(ask, make_table):
    """A global index of two partition and two sort attributes, over items 0 … 7."""
    keys = [("p", "HASH"), ("q", "HASH"), ("x", "RANGE"), ("y", "RANGE")]
    name = make_table(
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S" if role == "HASH" else "N"}
            for attribute, role in keys
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "manifold",
                "KeySchema": [{"AttributeName": a, "KeyType": role} for a, role in keys],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for i in range(8):
        place = {"p": {"S": "p"}, "q": {"S": "q"}, "x": n(i // 4), "y": n(i % 4)}
        ask("PutItem", TableName=name, Item={"pk": {"S": str(i)}, **place})
    # One attribute short: not in the index.
    ask("PutItem", TableName=name, Item={"pk": {"S": "8"}, "p": {"S": "p"}, "q": {"S": "q"}})
    return name


def test_an_index_of_several_attributes(ask, invalid, manifold):
    def asked(more="", **values):
        return {
            "TableName": manifold,
            "IndexName": "manifold",
            "KeyConditionExpression": "p = :p AND q = :q" + more,
            "ExpressionAttributeValues": {
                ":p": {"S": "p"},
                ":q": {"S": "q"},
                **{f":{name}": n(value) for name, value in values.items()},
            },
        }

    def found(*args, **values):
        return [item["pk"]["S"] for item in ask("Query", **asked(*args, **values))["Items"]]

    assert found() == list("01234567")
    assert found(" AND x = :x", x=1) == list("4567")
    assert found(" AND x >= :x", x=1) == list("4567")
    assert found(" AND x = :x AND y > :y", x=1, y=1) == list("67")
    assert found(" AND x = :x AND y BETWEEN :y AND :z", x=0, y=1, z=2) == list("12")
    pages, start = [], {}
    while True:
        answer = ask("Query", **asked(), **start, Limit=3, ScanIndexForward=False)
        pages.append("".join(item["pk"]["S"] for item in answer["Items"]))
        if "LastEvaluatedKey" not in answer:
            break
        assert answer["LastEvaluatedKey"].keys() == {"pk", "p", "q", "x", "y"}
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert pages == ["765", "432", "10"]
    wrong = {**asked(), "KeyConditionExpression": "p = :p"}
    del wrong["ExpressionAttributeValues"][":q"]
    assert invalid("Query", **wrong) == "Query condition missed key schema element: q"


def test_capacity(ask, filled, indexed):
    def told(table, **more):
        asked = {"TableName": table, "ReturnConsumedCapacity": "INDEXES", **more}
        answer = ask("Query", **asked)["ConsumedCapacity"]
        assert answer.pop("TableName") == table
        return answer

    none, half, one = ({"CapacityUnits": units} for units in (0.0, 0.5, 1.0))
    assert told(filled, **of("nobody")) == {**half, "Table": half}
    assert told(filled, ConsistentRead=True, **of()) == {**one, "Table": one}
    condition = {
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "g"}},
    }
    assert told(indexed, IndexName="by_g", **condition) == {
        **half,
        "Table": none,
        "GlobalSecondaryIndexes": {"by_g": half},
    }
    # A local index pays a read for each item it fetches from the table.
    assert told(indexed, IndexName="by_l", Select="ALL_ATTRIBUTES", Limit=2, **of()) == {
        "CapacityUnits": 1.5,
        "Table": one,
        "LocalSecondaryIndexes": {"by_l": half},
    }
    assert told(indexed, IndexName="by_l", Select="COUNT", **of()) == {
        **half,
        "Table": none,
        "LocalSecondaryIndexes": {"by_l": half},
    }


def test_no_such_table(refusal):
    assert refusal("Query", TableName="nowhere", IndexName="nothing", **of()) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


START = "The provided starting key is invalid"
OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
NOT_IN_RANGE = "The provided starting key does not match the range key predicate"
MISSED = "Query condition missed key schema element: "


def by_g(**more):
    return {
        "IndexName": "by_g",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "g"}},
        **more,
    }


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"IndexName": "nope", **of()}, "The table does not have the specified index: nope"),
        (
            by_g(ConsistentRead=True, KeyConditionExpression="x = :g"),
            "Consistent reads are not supported on global secondary indexes",
        ),
        (
            by_g(Select="ALL_ATTRIBUTES"),
            f"{PREFIX}Select type ALL_ATTRIBUTES is not supported for global secondary index by_g "
            "because its projection type is not ALL",
        ),
        (
            by_g(ProjectionExpression="x, pk, y.z"),
            f"{PREFIX}Global secondary index by_g does not project [x, y]",
        ),
        (
            by_g(FilterExpression="x = :g"),
            f"{PREFIX}Secondary index by_g does not project one or more filter attributes: [x]",
        ),
        # Starting keys: shape, then the condition, then where they lie.
        ({"ExclusiveStartKey": {"pk": {"S": "a"}}, **of()}, START),
        ({"ExclusiveStartKey": {}, **of()}, START),
        ({"ExclusiveStartKey": {**key("a"), "x": n(1)}, **of()}, START),
        (
            {"ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"S": "1"}}, **of()},
            "The provided key element does not match the schema",
        ),
        ({"ExclusiveStartKey": key("a"), "IndexName": "by_l", **of()}, START),
        (by_g(ExclusiveStartKey=key("a")), START),
        ({"ExclusiveStartKey": key("b"), **of()}, OUTSIDE),
        (by_g(ExclusiveStartKey={**key("a"), "g": {"S": "x"}, "gs": n(1)}), OUTSIDE),
        ({"ExclusiveStartKey": key("a", 1), **of("a", " AND sk > :x", x=n(1))}, NOT_IN_RANGE),
        ({"ExclusiveStartKey": key("a", 2), **of("a", " AND sk < :x", x=n(1))}, NOT_IN_RANGE),
        ({"ExclusiveStartKey": key("a", 2), **of("a", " AND sk = :x", x=n(1))}, NOT_IN_RANGE),
        # Key conditions against the schema.
        ({**of(), "KeyConditionExpression": "x = :pk"}, f"{MISSED}pk"),
        (of("a", " AND x = :x", x=n(1)), f"{MISSED}sk"),
        ({**by_g(), "KeyConditionExpression": "pk = :g"}, f"{MISSED}g"),
        (
            of("a", " AND sk = :x", x={"S": "1"}),
            f"{PREFIX}Condition parameter type does not match schema type",
        ),
        ({**of(), "KeyConditionExpression": "pk > :pk"}, "Query key condition not supported"),
        (
            of(""),
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
        # Filters have nothing to say about keys.
        (
            {"FilterExpression": "size(sk) > :x", **of("a", x=n(1))},
            "Filter Expression can only contain non-primary key attributes: "
            "Primary key attribute: sk",
        ),
        (
            by_g(FilterExpression="gs = :g"),
            "Filter Expression can only contain non-primary key attributes: "
            "Primary key attribute: gs",
        ),
        (
            {
                "KeyConditions": {
                    "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}
                },
                "QueryFilter": {"sk": {"ComparisonOperator": "NOT_NULL"}},
            },
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk",
        ),
    ],
)
def test_refusals_with_the_table(invalid, indexed, asked, message):
    assert invalid("Query", TableName=indexed, **asked) == message


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {
                "ProjectionExpression": "",
                "FilterExpression": "",
                "KeyConditionExpression": "",
                "AttributesToGet": ["a"],
                "QueryFilter": {},
                "ConditionalOperator": "AND",
                "KeyConditions": {},
            },
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet, QueryFilter, ConditionalOperator, "
            "KeyConditions} Expression parameters: {ProjectionExpression, FilterExpression, "
            "KeyConditionExpression}",
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeValues": {":a": n(1)}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "FilterExpression and KeyConditionExpression are null",
        ),
        (
            {"ExclusiveStartKey": {"pk": {}}, **of(), "KeyConditionExpression": ""},
            f"{START}: Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes",
        ),
        (
            {**of(), "KeyConditionExpression": "pk ="},
            'Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "="',
        ),
        (
            {"FilterExpression": "", **of()},
            "Invalid FilterExpression: The expression can not be empty;",
        ),
        (
            of("a", "", unused=n(1)),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:unused}",
        ),
        (
            {},
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
            "request.",
        ),
        ({"KeyConditions": {}}, "Conditions can be of length 1 or 2 only"),
        (
            {"Select": "SPECIFIC_ATTRIBUTES", **of()},
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES",
        ),
        (
            {"Select": "COUNT", "ProjectionExpression": "a", **of()},
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            {"Select": "ALL_PROJECTED_ATTRIBUTES", **of()},
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
    ],
)
def test_refusals_before_the_table(invalid, asked, message):
    assert invalid("Query", TableName="nowhere", **asked) == message
