"""Hand-written Query and Scan requests, right and wrong, on a table and its indexes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.differential.suite import Step, Suite, written
from tests.differential.suites import requests
from tests.differential.suites.written_items import (
    ATTRIBUTES_TO_GET,
    CONDITIONS,
    NAME_MAPS,
    PROJECTIONS,
    TABLE_NAMES,
    VALUE_MAPS,
)

T = "written-queries"
R = f"{T}-range"
A = {"S": "a"}
N = {"N": "1"}
VALUES: dict[str, Any] = {
    ":p": A, ":n": N, ":m": {"N": "3"}, ":list": {"L": []}, ":set": {"SS": ["a"]},
    ":null": {"NULL": True}, ":empty": {"S": ""}, ":bad": {"N": "x"},
}  # fmt: skip
ITEMS = 12


def suites() -> list[Suite]:
    def steps(_: Random) -> Iterator[Step]:
        for n in range(ITEMS):
            yield Step("PutItem", {"TableName": R, "Item": _item(n)})
        yield from _key_conditions()
        yield from _queries()
        yield from _pages()
        yield from _starts()
        yield from _legacy()
        yield from _scans()

    return [Suite(T, requests.tables(T), steps)]


def _item(n: int) -> dict[str, Any]:
    made = {"pk": A, "sk": {"N": str(n)}, "a": {"S": "x" * n}, "n": {"N": str(n % 3)}}
    if n % 2:
        made["l"] = {"S": f"l{n % 5}"}
    if n % 3:
        # Each another h: a query of the index then has but one right order.
        made |= {"g": {"S": "g"}, "h": {"N": str(100 - n)}}
    return made


def _query(**more: Any) -> Step:
    base = {"TableName": R, "KeyConditionExpression": "pk = :p"}
    values = more.pop("values", {":p": A})
    return Step("Query", {**base, "ExpressionAttributeValues": values, **more})


def _key_conditions() -> Iterator[Step]:
    for text in written("key_conditions.txt"):
        used = {name: value for name, value in VALUES.items() if name in text}
        yield _query(KeyConditionExpression=text, values=used)
        yield _query(KeyConditionExpression=text, values=used, TableName=T)
        yield _query(KeyConditionExpression=text, values=used, IndexName="byL")
        yield _query(KeyConditionExpression=text, values=used, IndexName="byG")
    for text in ("", " ", "pk = :p" + " " * 5000, "pk = :p AND " * 30 + "sk = :n"):
        yield _query(KeyConditionExpression=text)


def _queries() -> Iterator[Step]:
    for name in TABLE_NAMES:
        yield _query(TableName=name)
    for index in ("byL", "byG", "none", "ab", "", "i" * 256, "a b c"):
        yield _query(IndexName=index)
        yield _query(IndexName=index, ConsistentRead=True)
    by_g = {"KeyConditionExpression": "g = :p", "values": {":p": {"S": "g"}}, "IndexName": "byG"}
    yield _query(**by_g)
    for how in ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES"):
        for more in ({}, {"ProjectionExpression": "a"}, {"AttributesToGet": ["a"]}):
            yield _query(Select=how, **more)
            yield _query(Select=how, IndexName="byL", **more)
            yield _query(Select=how, **by_g, **more)
    for wanted in ("a", "pk, sk", "n", "l", "nothing", "g.x"):
        yield _query(**by_g, ProjectionExpression=wanted)
        yield _query(IndexName="byL", ProjectionExpression=wanted)
        yield _query(**by_g, FilterExpression=f"attribute_exists({wanted.split(',')[0]})")
    for text in PROJECTIONS:
        yield _query(ProjectionExpression=text)
    for names in NAME_MAPS:
        yield _query(ProjectionExpression="#a", ExpressionAttributeNames=names)
    for values in VALUE_MAPS:
        yield _query(values=values, KeyConditionExpression="pk = :a")
    for wanted_list in ATTRIBUTES_TO_GET:
        yield Step("Query", _legacy_body(AttributesToGet=wanted_list))
    for condition in CONDITIONS:
        values = {":p": A, **condition["ExpressionAttributeValues"]}
        yield _query(FilterExpression=condition["ConditionExpression"], values=values)
    for text in (
        "pk = :p",
        "sk = :n",
        "attribute_exists(pk)",
        "size(sk) = :n",
        "a = :p OR pk = :n",
    ):
        values = {":p": A, ":n": N} if ":n" in text else {":p": A}
        yield _query(FilterExpression=text, values=values)
    yield _query(FilterExpression="")
    for how in ("TOTAL", "INDEXES", "NONE"):
        for consistent in (True, False):
            more = {"ReturnConsumedCapacity": how, "ConsistentRead": consistent}
            yield _query(**more)
            yield _query(IndexName="byL", **more)
            yield _query(IndexName="byL", ProjectionExpression="n", **more)
        yield _query(**by_g, ReturnConsumedCapacity=how)


def _pages() -> Iterator[Step]:
    for limit in (0, -1, 1, 3, ITEMS, ITEMS + 1, 2**31):
        for forward in (True, False):
            yield _query(Limit=limit, ScanIndexForward=forward)
            yield _query(
                Limit=limit, FilterExpression="n = :n", values={":p": A, ":n": N}, Select="COUNT"
            )
    for n in range(-1, ITEMS + 1):
        key = {"pk": A, "sk": {"N": str(n)}}
        yield _query(ExclusiveStartKey=key, Limit=2)
        yield _query(ExclusiveStartKey=key, Limit=2, ScanIndexForward=False)
        more = {"KeyConditionExpression": "pk = :p AND sk BETWEEN :n AND :m"}
        values = {":p": A, ":n": {"N": "3"}, ":m": {"N": "7"}}
        yield _query(ExclusiveStartKey=key, values=values, **more)


def _starts() -> Iterator[Step]:
    starts: list[Any] = [
        {},
        {"pk": A},
        {"sk": N},
        {"pk": A, "sk": A},
        {"pk": N, "sk": N},
        {"pk": {"S": "other"}, "sk": N},
        {"pk": A, "sk": N, "a": A},
        {"pk": A, "sk": N, "l": A},
        {"pk": A, "sk": N, "g": {"S": "g"}, "h": N},
        {"pk": A, "sk": {"N": "x"}},
        {"pk": {"S": ""}, "sk": N},
        {"pk": {}, "sk": N},
        {"pk": A, "sk": {"NULL": True}},
        {"pk": A, "sk": N, "l": N},
        {"pk": A, "sk": N, "g": N, "h": N},
        {"pk": A, "sk": {"N": "1.0"}},
        {"pk": A, "sk": {"N": "1" * 39}},
    ]
    by_g = {"KeyConditionExpression": "g = :p", "values": {":p": {"S": "g"}}, "IndexName": "byG"}
    for start in starts:
        yield _query(ExclusiveStartKey=start)
        yield _query(ExclusiveStartKey=start, IndexName="byL")
        yield _query(ExclusiveStartKey=start, **by_g)
        yield Step("Scan", {"TableName": R, "ExclusiveStartKey": start}, only_status=True)
        yield Step(
            "Scan",
            {"TableName": R, "ExclusiveStartKey": start, "IndexName": "byG"},
            only_status=True,
        )


def _legacy_body(**more: Any) -> dict[str, Any]:
    conditions = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [A]}}
    return {"TableName": R, "KeyConditions": conditions, **more}


def _legacy() -> Iterator[Step]:
    equal = {"ComparisonOperator": "EQ", "AttributeValueList": [A]}
    for operator in ("EQ", "NE", "LT", "LE", "GT", "GE", "BEGINS_WITH", "BETWEEN", "IN", "NULL",
                     "NOT_NULL", "CONTAINS", "NOT_CONTAINS", "nope"):  # fmt: skip
        for values in (
            [],
            [N],
            [N, {"N": "5"}],
            [{"N": "5"}, N],
            [A],
            [N, A],
            [{}],
            [{"SS": ["a"]}],
        ):
            sort = {"ComparisonOperator": operator, "AttributeValueList": values}
            yield Step("Query", _legacy_body(KeyConditions={"pk": equal, "sk": sort}))
            yield Step("Query", _legacy_body(QueryFilter={"n": sort}))
            yield Step("Scan", {"TableName": R, "ScanFilter": {"n": sort}})
        without = {"ComparisonOperator": operator}
        yield Step("Query", _legacy_body(KeyConditions={"pk": equal, "sk": without}))
        yield Step("Scan", {"TableName": R, "ScanFilter": {"n": without}})
        yield Step(
            "Query", _legacy_body(KeyConditions={"pk": {**equal, "ComparisonOperator": operator}})
        )
    for conditions in (
        {},
        {"sk": {"ComparisonOperator": "EQ", "AttributeValueList": [N]}},
        {"pk": {}},
        {"pk": {"AttributeValueList": [A]}},
        {"pk": equal, "a": equal},
        {"pk": equal, "sk": equal},
        {"pk": equal, "sk": equal, "a": equal},
        {"a": equal},
        {"": equal},
        {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": ""}]}},
        {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [A, A]}},
    ):
        yield Step("Query", _legacy_body(KeyConditions=conditions))
        yield Step("Query", _legacy_body(KeyConditions=conditions, IndexName="byL"))
    for more in (
        {"KeyConditionExpression": "pk = :p"},
        {"FilterExpression": "a = :p"},
        {"ProjectionExpression": "a"},
        {"ExpressionAttributeNames": {"#a": "a"}},
        {"ExpressionAttributeValues": {":p": A}},
        {"ConditionalOperator": "OR"},
        {"QueryFilter": {"pk": equal}},
        {"QueryFilter": {"sk": equal}},
        {"QueryFilter": {}},
        {"QueryFilter": {"a": equal, "n": equal}, "ConditionalOperator": "OR"},
        {"QueryFilter": {"a": equal, "n": equal}, "ConditionalOperator": "AND"},
        {"QueryFilter": {"a": equal}, "FilterExpression": "a = :p"},
        {"AttributesToGet": ["a"], "ProjectionExpression": "a"},
        {"AttributesToGet": ["a"], "Select": "COUNT"},
        {"KeyConditions": None, "KeyConditionExpression": None},
    ):
        yield Step("Query", _legacy_body(**more))


def _scans() -> Iterator[Step]:
    def scan(**more: Any) -> Step:
        return Step("Scan", {"TableName": R, **more})

    for name in TABLE_NAMES:
        yield scan(TableName=name)
    for index in ("byL", "byG", "none", "ab", ""):
        yield scan(IndexName=index)
        yield scan(IndexName=index, ConsistentRead=True)
        for how in ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES"):
            yield scan(IndexName=index, Select=how)
    for how in ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES"):
        yield scan(Select=how)
        yield scan(Select=how, ProjectionExpression="a")
        yield scan(Select=how, AttributesToGet=["a"])
    for segment, total in ((0, 1), (0, 2), (1, 2), (2, 2), (-1, 1), (0, 0), (0, 1_000_000),
                           (0, 1_000_001), (None, 2), (0, None), (999_999, 1_000_000)):  # fmt: skip
        parts = {"Segment": segment, "TotalSegments": total}
        body = {name: value for name, value in parts.items() if value is not None}
        yield Step("Scan", {"TableName": R, **body}, only_status=True)
    for limit in (0, -1, ITEMS, ITEMS + 1):
        yield scan(Limit=limit)
    for text in PROJECTIONS:
        yield scan(ProjectionExpression=text)
    for condition in CONDITIONS:
        yield scan(
            FilterExpression=condition["ConditionExpression"],
            ExpressionAttributeValues=condition["ExpressionAttributeValues"],
        )
    for text in ("pk = :p", "sk > :n", "n = :n AND pk = :p", "attribute_not_exists(g)"):
        used = {name: value for name, value in VALUES.items() if name in text}
        more = {"ExpressionAttributeValues": used} if used else {}
        yield scan(FilterExpression=text, **more)
        yield scan(FilterExpression=text, IndexName="byG", **more)
        yield scan(FilterExpression=text, Select="COUNT", **more)
    yield scan(ScanFilter={"a": {"ComparisonOperator": "NOT_NULL"}}, FilterExpression="a = :p")
    yield scan(ConditionalOperator="OR")
    for how in ("TOTAL", "INDEXES", "NONE"):
        yield scan(ReturnConsumedCapacity=how)
        yield scan(ReturnConsumedCapacity=how, ConsistentRead=True)
        yield scan(ReturnConsumedCapacity=how, IndexName="byG")
        yield scan(ReturnConsumedCapacity=how, IndexName="byL")
        yield scan(ReturnConsumedCapacity=how, TableName=T)
