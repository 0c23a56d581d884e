"""Scan: pages, segments, indexes, filters, cost, and refusals."""

from __future__ import annotations

import pytest

PREFIX = "One or more parameter values were invalid: "


def key(pk, sk=1):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


@pytest.fixture
def filled(ask, make_table):
    """A table pk:S sk:N with 4 × 10 items."""
    name = make_table(keys="pk:S sk:N")
    for pk in "abcd":
        puts = [{"PutRequest": {"Item": {**key(pk, sk), "v": {"N": str(sk)}}}} for sk in range(10)]
        ask("BatchWriteItem", RequestItems={name: puts})
    return name


@pytest.fixture
def indexed(ask, indexed_table):
    """The indexed table with five items, of which three are in the global indexes."""
    for sk in range(5):
        item = {**key("a", sk), "l": {"S": f"l{9 - sk}"}, "kept": {"N": "1"}, "spare": {"N": "2"}}
        if sk < 3:
            item |= {"g": {"S": "g"}, "gs": {"N": str(sk)}}
        ask("PutItem", TableName=indexed_table, Item=item)
    return indexed_table


def places(items):
    return sorted((item["pk"]["S"], int(item["sk"]["N"])) for item in items)


EVERYTHING = [(pk, sk) for pk in "abcd" for sk in range(10)]


def test_everything_once(ask, filled):
    answer = ask("Scan", TableName=filled)
    assert places(answer["Items"]) == EVERYTHING
    assert (answer["Count"], answer["ScannedCount"]) == (40, 40)
    assert "LastEvaluatedKey" not in answer


def test_an_empty_table(ask, table):
    assert ask("Scan", TableName=table) == {"Items": [], "Count": 0, "ScannedCount": 0}


def test_items_of_a_partition_come_together_in_order(ask, filled):
    items = ask("Scan", TableName=filled)["Items"]
    seen = [item["pk"]["S"] for item in items]
    assert [pk for i, pk in enumerate(seen) if i == 0 or seen[i - 1] != pk] == sorted(
        set(seen), key=seen.index
    )
    assert [int(item["sk"]["N"]) for item in items] == list(range(10)) * 4


@pytest.mark.parametrize("limit", [1, 7, 40, 41])
def test_pages_by_limit(ask, filled, limit):
    found, asked = [], {"TableName": filled, "Limit": limit}
    while True:
        answer = ask("Scan", **asked)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            break
        # The key comes with a full page even where nothing follows.
        assert len(answer["Items"]) == limit
        assert answer["LastEvaluatedKey"] == {
            name: answer["Items"][-1][name] for name in ("pk", "sk")
        }
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert places(found) == EVERYTHING


@pytest.mark.parametrize("total", [1, 3, 16])
def test_segments_share_the_table(ask, filled, total):
    found = []
    for segment in range(total):
        asked = {"TableName": filled, "Segment": segment, "TotalSegments": total, "Limit": 3}
        while True:
            answer = ask("Scan", **asked)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert places(found) == EVERYTHING


def test_filters_count_what_was_scanned(ask, filled):
    answer = ask(
        "Scan",
        TableName=filled,
        FilterExpression="v >= :v AND pk <> :a",
        ExpressionAttributeValues={":v": {"N": "8"}, ":a": {"S": "a"}},
        ProjectionExpression="sk, pk",
    )
    assert places(answer["Items"]) == [(pk, sk) for pk in "bcd" for sk in (8, 9)]
    assert (answer["Count"], answer["ScannedCount"]) == (6, 40)
    # Limit counts what is scanned, too, so a page may be empty and yet lead on.
    nothing = {"FilterExpression": "attribute_exists(gone)", "Limit": 5}
    answer = ask("Scan", TableName=filled, **nothing)
    assert (answer["Count"], answer["ScannedCount"]) == (0, 5)
    assert "LastEvaluatedKey" in answer


def test_scan_filter(ask, filled):
    answer = ask(
        "Scan",
        TableName=filled,
        ScanFilter={
            "v": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "8"}]},
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]},
        },
        ConditionalOperator="OR",
        AttributesToGet=["pk", "sk"],
    )
    assert places(answer["Items"]) == sorted(
        [("a", sk) for sk in range(10)] + [(pk, 9) for pk in "bcd"]
    )


def test_not_contains_is_about_attributes_that_are_there(ask, filled):
    """Unverified against AWS; DynamoDB Local answers so."""
    found = {
        name: ask(
            "Scan",
            TableName=filled,
            Select="COUNT",
            ScanFilter={
                name: {"ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": [{"S": "b"}]}
            },
        )["Count"]
        for name in ("pk", "v", "missing")
    }
    assert found == {"pk": 30, "v": 40, "missing": 0}


def test_counting(ask, filled):
    answer = ask("Scan", TableName=filled, Select="COUNT")
    assert answer == {"Count": 40, "ScannedCount": 40}


def test_pages_end_at_1_mb(ask, table):
    for i in range(5):
        filler = "x" * (300_000 - len("pk") - 1 - len("x"))
        ask("PutItem", TableName=table, Item={"pk": {"S": str(i)}, "x": {"S": filler}})
    asked = {"TableName": table, "ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}
    first = ask("Scan", **asked)
    # The item that takes the page over 1 MB is its last.
    assert first["Count"] == 4
    assert first["ConsumedCapacity"]["CapacityUnits"] == -(-1_200_000 // 4096)
    rest = ask("Scan", **asked, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert rest["Count"] == 1
    assert "LastEvaluatedKey" not in rest
    assert len({item["pk"]["S"] for item in first["Items"] + rest["Items"]}) == 5


def test_indexes_hold_what_they_project(ask, indexed):
    def attributes(index, **more):
        answer = ask("Scan", TableName=indexed, IndexName=index, **more)
        return answer["Count"], {name for item in answer["Items"] for name in item}

    assert attributes("by_l") == (5, {"pk", "sk", "l"})
    assert attributes("by_g") == (3, {"pk", "sk", "g", "gs"})
    assert attributes("by_g_some") == (3, {"pk", "sk", "g", "kept"})
    everything = {"pk", "sk", "g", "gs", "l", "kept", "spare"}
    assert attributes("by_g_all") == (3, everything)
    assert attributes("by_g_all", Select="ALL_ATTRIBUTES") == (3, everything)
    # A local index fetches from the table what it lacks.
    assert attributes("by_l", Select="ALL_ATTRIBUTES") == (5, everything)
    assert attributes("by_l", ProjectionExpression="spare") == (5, {"spare"})
    assert attributes("by_l", Select="ALL_PROJECTED_ATTRIBUTES") == (5, {"pk", "sk", "l"})


def test_pages_of_an_index(ask, indexed):
    found, asked = [], {"TableName": indexed, "IndexName": "by_g", "Limit": 1}
    while True:
        answer = ask("Scan", **asked)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            break
        assert answer["LastEvaluatedKey"].keys() == {"pk", "sk", "g", "gs"}
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert places(found) == [("a", 0), ("a", 1), ("a", 2)]


def test_capacity(ask, indexed):
    def told(**more):
        asked = {"TableName": indexed, "ReturnConsumedCapacity": "INDEXES", **more}
        answer = ask("Scan", **asked)["ConsumedCapacity"]
        del answer["TableName"]
        return answer

    half, none = {"CapacityUnits": 0.5}, {"CapacityUnits": 0.0}
    assert told() == {**half, "Table": half}
    one = {"CapacityUnits": 1.0}
    assert told(ConsistentRead=True) == {**one, "Table": one}
    assert told(IndexName="by_g") == {
        **half,
        "Table": none,
        "GlobalSecondaryIndexes": {"by_g": half},
    }
    assert told(IndexName="by_l", ProjectionExpression="spare", Limit=3) == {
        "CapacityUnits": 2.0,
        "Table": {"CapacityUnits": 1.5},
        "LocalSecondaryIndexes": {"by_l": half},
    }


def test_no_such_table(refusal):
    assert refusal("Scan", TableName="nowhere", IndexName="nothing") == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


START = "The provided starting key is invalid"
NO_MATCH = "The provided key element does not match the schema"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"IndexName": "nope"}, "The table does not have the specified index: nope"),
        (
            {"IndexName": "by_g", "ConsistentRead": True},
            "Consistent reads are not supported on global secondary indexes",
        ),
        (
            {"IndexName": "by_g", "Select": "ALL_ATTRIBUTES"},
            f"{PREFIX}Select type ALL_ATTRIBUTES is not supported for global secondary index by_g "
            "because its projection type is not ALL",
        ),
        (
            {"IndexName": "by_g", "ProjectionExpression": "y.z, pk, x"},
            f"{PREFIX}Global secondary index by_g does not project [x, y]",
        ),
        ({"ExclusiveStartKey": {"pk": {"S": "a"}}}, f"{START}: {NO_MATCH}"),
        ({"ExclusiveStartKey": {}}, f"{START}: {NO_MATCH}"),
        ({"ExclusiveStartKey": {**key("a"), "x": {"S": "x"}}}, f"{START}: {NO_MATCH}"),
        ({"ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"S": "1"}}}, f"{START}: {NO_MATCH}"),
        ({"ExclusiveStartKey": key("a"), "IndexName": "by_l"}, START),
        (
            {
                "ExclusiveStartKey": key("a"),
                "TotalSegments": 1_000_000,
                "Segment": 0,
            },
            f"{START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
            "Segment. TotalSegments: 1000000 Segment: 0",
        ),
    ],
)
def test_refusals_with_the_table(invalid, indexed, more, message):
    assert invalid("Scan", TableName=indexed, **more) == message


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {
                "FilterExpression": "",
                "ProjectionExpression": "",
                "ScanFilter": {},
                "AttributesToGet": ["a"],
            },
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet, ScanFilter} "
            "Expression parameters: {ProjectionExpression, FilterExpression}",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "a"}, "Segment": 0},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeValues": {":a": {"N": "1"}}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "FilterExpression is null",
        ),
        (
            {"ExclusiveStartKey": {"pk": {}}, "Segment": 0},
            f"{START}: Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes",
        ),
        (
            {"Segment": 0, "FilterExpression": ""},
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present",
        ),
        (
            {"TotalSegments": 2},
            "The Segment parameter is required but was not present in the request when "
            "parameter TotalSegments is present",
        ),
        (
            {"TotalSegments": 2, "Segment": 2},
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: 2 is not less than TotalSegments: 2",
        ),
        (
            {"Select": "SPECIFIC_ATTRIBUTES"},
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES",
        ),
        (
            {"Select": "COUNT", "ProjectionExpression": "a"},
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            {"Select": "ALL_ATTRIBUTES", "AttributesToGet": ["a"]},
            "Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES",
        ),
        (
            {"Select": "ALL_PROJECTED_ATTRIBUTES"},
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
        (
            {"FilterExpression": ""},
            "Invalid FilterExpression: The expression can not be empty;",
        ),
        (
            {"AttributesToGet": ["a", "a"]},
            f"{PREFIX}Duplicate value in attribute name: a",
        ),
        (
            {"ConditionalOperator": "AND"},
            "ConditionalOperator cannot be used without Filter or Expected",
        ),
    ],
)
def test_refusals_before_the_table(invalid, more, message):
    assert invalid("Scan", TableName="nowhere", **more) == message
