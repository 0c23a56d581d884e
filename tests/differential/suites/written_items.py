"""Hand-written requests, most of them wrong, for the operations on single items and on batches.

Each list holds bodies for one operation; `T` and `R` are the two tables of `requests.tables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.differential.generate import BROKEN_NUMBERS, NUMBERS
from tests.differential.suite import Step, Suite, written
from tests.differential.suites import requests

T = "written-items"
R = f"{T}-range"
S = {"S": "x"}
N = {"N": "1"}
KEY = {"pk": {"S": "a"}}
BOTH = {"pk": {"S": "a"}, "sk": {"N": "1"}}


def suites() -> list[Suite]:
    made = {
        "GetItem": get_item(),
        "PutItem": put_item(),
        "UpdateItem": update_item(),
        "DeleteItem": delete_item(),
        "BatchGetItem": batch_get_item(),
        "BatchWriteItem": batch_write_item(),
        "TransactGetItems": transact_get_items(),
        "TransactWriteItems": transact_write_items(),
    }

    def steps(_: Random) -> Iterator[Step]:
        yield Step("PutItem", {"TableName": T, "Item": {**KEY, "a": N, "s": S, "l": {"L": [S]}}})
        yield Step("PutItem", {"TableName": R, "Item": {**BOTH, "a": N, "s": S}})
        for operation, bodies in made.items():
            for body in bodies:
                yield Step(operation, body)

    return [Suite(T, requests.tables(T), steps)]


WRONG_KEYS: list[Any] = [
    {},
    {"pk": {"N": "1"}},
    {"pk": {"S": ""}},
    {"pk": {"B": "YQ=="}},
    {"pk": {"NULL": True}},
    {"pk": {"L": []}},
    {"pk": {"S": "a"}, "sk": {"N": "1"}},
    {"pk": {"S": "a"}, "other": S},
    {"other": S},
    {"PK": S},
    {"pk": {"S": "k" * 2048}},
    {"pk": {"S": "k" * 2049}},
    {"pk": {"S": "é" * 1025}},
    {"pk": {"SS": ["a"]}},
    {"pk": {}},
    {"pk": {"S": "a", "N": "1"}},
]
WRONG_BOTH: list[Any] = [
    {"pk": {"S": "a"}},
    {"sk": {"N": "1"}},
    {"pk": {"S": "a"}, "sk": {"S": "1"}},
    {"pk": {"N": "1"}, "sk": {"N": "1"}},
    {"pk": {"N": "1"}, "sk": {"S": "1"}},
    {"pk": {"S": ""}, "sk": {"N": "1"}},
    {"pk": {"S": "a"}, "sk": {"N": ""}},
    {"pk": {"S": "a"}, "sk": {"N": "x"}},
    {"pk": {"S": "a"}, "sk": {"N": "1"}, "other": S},
    {"pk": {"S": "a"}, "other": N},
    {"pk": {"S": "a"}, "sk": {"N": "1" * 39}},
]
# Members of a request about one item's key, wrong in some way, with a right Key.
WRONG_NAMES: list[dict[str, Any]] = [
    {"ExpressionAttributeNames": {"#a": "a"}},
    {"ExpressionAttributeNames": {}},
    {"ExpressionAttributeValues": {":a": S}},
    {"ExpressionAttributeValues": {}},
]
CONDITION_TEXTS = [
    *written("conditions.txt"),
    " ",
    "",
    "a = :a and s = :n " + "and s = s " * 150,
    "a = :a" + " OR a = :n" * 310,
    "(" * 8 + "a = :a" + ")" * 8 + " AND s = :n",  # dynalite takes 3 times as long for each pair
    "s = :a AND s = :n AND s IN (" + ", ".join(["s"] * 100) + ")",
    "s = :a AND s = :n AND s IN (" + ", ".join(["s"] * 101) + ")",
    "s = :a OR s = :n OR " + "s" * 4096 + " = :a",
    "s = :a\tAND\ns = :n",
]
CONDITIONS: list[dict[str, Any]] = [
    {"ConditionExpression": text, "ExpressionAttributeValues": {":a": S, ":n": N}}
    for text in CONDITION_TEXTS
]


def _named(table: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"TableName": table, **body}


def get_item() -> Iterator[dict[str, Any]]:
    for key in WRONG_KEYS:
        yield _named(T, {"Key": key})
        yield _named("no-such-table", {"Key": key})
    for key in WRONG_BOTH:
        yield _named(R, {"Key": key})
    for more in WRONG_NAMES:
        yield _named(T, {"Key": KEY, **more})
        yield _named(T, {"Key": KEY, "ProjectionExpression": "a", **more})
        yield _named(T, {"Key": KEY, "AttributesToGet": ["a"], **more})
    for text in PROJECTIONS:
        yield _named(T, {"Key": KEY, "ProjectionExpression": text})
    for names in NAME_MAPS:
        body = {"Key": KEY, "ProjectionExpression": "#a, b", "ExpressionAttributeNames": names}
        yield _named(T, body)
    for wanted in ATTRIBUTES_TO_GET:
        yield _named(T, {"Key": KEY, "AttributesToGet": wanted})
    yield _named(T, {"Key": KEY, "AttributesToGet": ["a"], "ProjectionExpression": "a"})
    yield _named(T, {"Key": {}, "AttributesToGet": ["a"], "ProjectionExpression": ""})
    for table in TABLE_NAMES:
        yield {"TableName": table, "Key": KEY}
    for how in ("TOTAL", "INDEXES", "NONE"):
        for consistent in (True, False):
            more = {"ReturnConsumedCapacity": how, "ConsistentRead": consistent}
            yield _named(T, {"Key": KEY, **more})
            yield _named(T, {"Key": {"pk": {"S": "not there"}}, **more})


TABLE_NAMES = ["ab", "abc", "a" * 255, "a" * 256, "a b c", "é" * 5, "", "no-such-table", "a/b", "*"]
ATTRIBUTES_TO_GET: list[Any] = [
    [], ["a"], ["a", "a"], [""], ["a", "b", "pk"], ["a" * 65536], ["a.b"], ["l[0]"], ["nothing"],
]  # fmt: skip
PROJECTIONS = [
    "", " ", "a", "a,", ",a", "a,,b", "a b", "a, a", "a, a.b", "a.b, a.c", "l[0], l[1]", "l[0], l",
    "l[0].a, l[0]", "a.b, a[0]", "#a", ":a", "size(a)", "a = b", "(a)", "a.", ".a", "a[", "a[]",
    "a[a]", "l[1000000000000]", "name", "a, STATUS", "pk", "a-b", "é", "1a", "_a", "a_1", "a1, b2",
    "x" * 4097, ",".join(f"a{n}" for n in range(700)), "a." * 32 + "a", "a." * 31 + "a", "l [0]",
    "a . b", "a\n,\tb", "l[ 0 ]", "l[00]", "AND", "a AND b", "SET", "l[0] , pk,s,nothing",
]  # fmt: skip
NAME_MAPS: list[Any] = [
    {"#a": "a"}, {"#a": ""}, {"#a": "x" * 65535}, {"#a": "x" * 65536}, {"a": "a"}, {"#": "a"},
    {"": "a"}, {"#a": "a", "#b": "b"}, {"#a": "b"}, {"#a b": "a"}, {"##a": "a"}, {":a": "a"},
    {"#A": "a"}, {"#a": "a.b"}, {"#a": "name"}, {"#1": "a"}, {"#é": "a"}, {"#" + "a" * 254: "a"},
    {"#" + "a" * 255: "a"}, {"#a": None}, {"#a": 1}, {},
]  # fmt: skip


def put_item() -> Iterator[dict[str, Any]]:
    for key in WRONG_KEYS:
        yield _named(T, {"Item": key})
        yield _named("no-such-table", {"Item": key})
    for key in WRONG_BOTH:
        yield _named(R, {"Item": key})
    for text in [*NUMBERS, *BROKEN_NUMBERS]:
        yield _named(T, {"Item": {**KEY, "n": {"N": text}}, "ReturnValues": "ALL_OLD"})
        yield _named(R, {"Item": {"pk": S, "sk": {"N": text}}})
        yield _named(T, {"Item": {**KEY, "n": {"NS": ["1", text]}}})
    for index_value in ({"S": ""}, {"N": "1"}, {"B": ""}, {"NULL": True}, {"S": "i" * 2049},
                        {"S": "i" * 1025}, {"L": []}, {"S": "i" * 1024}):  # fmt: skip
        for name in ("l", "g", "h"):
            yield _named(R, {"Item": {**BOTH, name: index_value}})
    for how in ("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "all_old", "", "ALL_OLD"):
        yield _named(T, {"Item": {**KEY, "a": N}, "ReturnValues": how})
    yield from _conditional({"Item": {**KEY, "a": N, "s": S, "l": {"L": [S]}}})
    for depth in (31, 32, 33, 34, 60):
        yield _named(T, {"Item": {**KEY, "deep": nested(depth, "L")}})
        yield _named(T, {"Item": {**KEY, "deep": nested(depth, "M")}})
    for size in (409_600 - 7, 409_600 - 6, 409_600 - 5, 409_600, 409_601):
        yield _named(T, {"Item": {**KEY, "big": {"S": "b" * size}}})
    for name in ("n" * 65535, "n" * 65536, "", " ", "a.b", "é"):
        yield _named(T, {"Item": {**KEY, name: S}})
    yield _named(T, {"Item": {**KEY, **{f"a{n}": S for n in range(2000)}}})
    yield _named(
        T, {"Item": {**KEY, "e": {"L": []}, "m": {"M": {}}, "s": {"S": ""}, "b": {"B": ""}}}
    )
    yield _named(T, {"Item": {**KEY, "s": {"SS": [""]}, "b": {"BS": [""]}}})
    yield _named(T, {"Item": {**KEY, "s": {"SS": ["a", "b", "a"]}, "n": {"N": "x"}}})
    yield _named(T, {"Item": {**KEY, "a": {"N": "x"}, "b": {"NS": []}}, "ReturnValues": "nope"})
    for how in ("TOTAL", "INDEXES", "NONE"):
        for n in (1, 1000, 1024, 1025, 4000):
            item = {**BOTH, "a": {"S": "x" * n}, "g": S, "h": N, "l": S}
            yield _named(R, {"Item": item, "ReturnConsumedCapacity": how})
            yield _named(R, {"Item": {**BOTH, "h": N}, "ReturnConsumedCapacity": how})
    for how in ("SIZE", "NONE"):
        yield _named(R, {"Item": {**BOTH, "l": S}, "ReturnItemCollectionMetrics": how})
        yield _named(T, {"Item": KEY, "ReturnItemCollectionMetrics": how})


def nested(depth: int, kind: str) -> dict[str, Any]:
    """A document of `depth` levels."""
    made: dict[str, Any] = {"S": "x"}
    for _ in range(depth - 1):
        made = {"L": [made]} if kind == "L" else {"M": {"a": made}}
    return made


def _conditional(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Wrong and right conditions, in both styles, with `body`."""
    for more in CONDITIONS:
        yield _named(T, {**body, **more})
    for more in WRONG_NAMES:
        yield _named(T, {**body, **more})
        yield _named(T, {**body, "ConditionExpression": "attribute_exists(pk)", **more})
        yield _named(T, {**body, "Expected": {"zz": {"Exists": False}}, **more})
    for names in NAME_MAPS:
        condition = {"ConditionExpression": "attribute_exists(#a)"}
        yield _named(T, {**body, **condition, "ExpressionAttributeNames": names})
    for values in VALUE_MAPS:
        condition = {"ConditionExpression": "a = :a OR pk <> :a"}
        yield _named(T, {**body, **condition, "ExpressionAttributeValues": values})
    for expected in EXPECTED:
        yield _named(T, {**body, "Expected": expected})
        yield _named(T, {**body, "Expected": expected, "ConditionalOperator": "OR"})
    yield _named(T, {**body, "ConditionalOperator": "AND"})
    yield _named(T, {**body, "Expected": {}, "ConditionExpression": "attribute_exists(pk)"})
    yield _named(T, {**body, "ConditionalOperator": "OR", "ConditionExpression": "a = :a"})
    yield _named(T, {**body, "Expected": {"a": {}}, "ConditionExpression": ""})
    for how in ("ALL_OLD", "NONE", "ALL_NEW"):
        for text in ("attribute_exists(nope)", "attribute_exists(pk)"):
            more = {"ConditionExpression": text, "ReturnValuesOnConditionCheckFailure": how}
            yield _named(T, {**body, **more})


VALUE_MAPS: list[Any] = [
    {}, {":a": S}, {":a": {}}, {":a": {"N": "x"}}, {"a": S}, {":": S}, {"": S}, {":a b": S},
    {":a": S, ":b": S}, {":b": S}, {":A": S}, {":a": {"SS": []}}, {":a": {"S": "a", "N": "1"}},
    {"::a": S}, {"#a": S}, {":é": S}, {":a": {"NS": ["1", "1"]}}, {":a": {"NULL": False}},
    {":a": {"S": "v" * 5000}}, {":" + "a" * 255: S}, {":a": {"X": "x"}}, {":a": None}, {":a": "x"},
    {":a": {"S": ""}}, {":a": {"B": ""}}, {":a": {"L": [{}]}}, {":a": {"M": {"a": {"N": "1e999"}}}},
]  # fmt: skip
EXPECTED: list[Any] = [
    {},
    {"a": {}},
    {"a": {"Exists": True}},
    {"a": {"Exists": False}},
    {"a": {"Exists": False, "Value": N}},
    {"a": {"Exists": True, "Value": N}},
    {"a": {"Value": N}},
    {"a": {"Value": {"N": "x"}}},
    {"a": {"Value": N, "ComparisonOperator": "EQ"}},
    {"a": {"Value": N, "AttributeValueList": [N]}},
    {"a": {"AttributeValueList": [N]}},
    {"a": {"Exists": True, "ComparisonOperator": "EQ", "AttributeValueList": [N]}},
    {"a": {"ComparisonOperator": "EQ"}},
    {"a": {"ComparisonOperator": "EQ", "AttributeValueList": []}},
    {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [N, N]}},
    {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{}]}},
    {"a": {"ComparisonOperator": "eq", "AttributeValueList": [N]}},
    {"a": {"ComparisonOperator": "", "AttributeValueList": [N]}},
    {"a": {"ComparisonOperator": "NULL", "AttributeValueList": [N]}},
    {"a": {"ComparisonOperator": "NOT_NULL", "AttributeValueList": []}},
    {"a": {"ComparisonOperator": "NULL"}},
    {"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [N]}},
    {"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "2"}, N]}},
    {"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [N, S]}},
    {"a": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [N, {"N": "2"}]}},
    {"a": {"ComparisonOperator": "IN", "AttributeValueList": []}},
    {"a": {"ComparisonOperator": "IN", "AttributeValueList": [N, S]}},
    {"a": {"ComparisonOperator": "IN", "AttributeValueList": [{"SS": ["a"]}]}},
    {"a": {"ComparisonOperator": "LT", "AttributeValueList": [{"SS": ["a"]}]}},
    {"a": {"ComparisonOperator": "LT", "AttributeValueList": [{"BOOL": True}]}},
    {"a": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [N]}},
    {"a": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [{"SS": ["a"]}]}},
    {"a": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [{"L": []}]}},
    {"s": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [S]}},
    {"s": {"ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": [N]}},
    {"": {"Value": N}},
    {"a": {"Value": N}, "s": {"Value": S}},
    {"a": {"Value": N}, "s": {"Value": N}},
    {"a": {"Value": N}, "zz": {"Exists": False}},
    {"a": {"ComparisonOperator": "GE", "AttributeValueList": [S]}},
]


def update_item() -> Iterator[dict[str, Any]]:
    for key in WRONG_KEYS:
        yield _named(T, {"Key": key})
        yield _named(T, {"Key": key, "UpdateExpression": "SET a = b"})
    for key in WRONG_BOTH:
        yield _named(R, {"Key": key})
    for text in UPDATES:
        values = {name: value for name, value in UPDATE_VALUES.items() if name in text}
        body = {"Key": KEY, "UpdateExpression": text, "ReturnValues": "ALL_NEW"}
        yield _named(T, {**body, **_maps(text, values)})
        yield _named(T, {**body, "ExpressionAttributeValues": {":n": N}})
    for how in ("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "ALL_OLD", "NONE", "none"):
        for text in ("SET a = :n", "REMOVE nothing", "SET l[5] = :n", "SET m = :n REMOVE a"):
            body = {"Key": KEY, "UpdateExpression": text, "ReturnValues": how}
            values = {":n": N} if ":n" in text else {}
            yield _named(T, {**body, **_maps(text, values)})
        yield _named(T, {"Key": {"pk": {"S": "fresh" + how}}, "ReturnValues": how})
    yield from _conditional({"Key": KEY, "ReturnValues": "NONE"})
    for updates in ATTRIBUTE_UPDATES:
        yield _named(T, {"Key": KEY, "AttributeUpdates": updates, "ReturnValues": "ALL_NEW"})
        yield _named(T, {"Key": {"pk": {"S": "new"}}, "AttributeUpdates": updates})
        yield _named(T, {"Key": KEY, "AttributeUpdates": updates, "UpdateExpression": "REMOVE z"})
    for name in ("l", "g", "h"):
        for one in ({"S": ""}, {"N": "1"}, {"NULL": True}, {"S": "i" * 2049}, {"S": "i" * 1025}):
            values = {"ExpressionAttributeValues": {":v": one}}
            yield _named(R, {"Key": BOTH, "UpdateExpression": f"SET {name} = :v", **values})


def _maps(text: str, values: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if values:
        made["ExpressionAttributeValues"] = values
    if "#a" in text:
        made["ExpressionAttributeNames"] = {"#a": "a"}
    return made


UPDATE_VALUES: dict[str, Any] = {
    ":n": N, ":s": S, ":l": {"L": [N]}, ":m": {"M": {"x": N}}, ":t": {"SS": ["t", "u"]},
    ":u": {"NS": ["1"]}, ":e": {"SS": []}, ":b": {"BOOL": True}, ":z": {"NULL": True},
}  # fmt: skip
UPDATES = [
    *written("updates.txt"),
    "",
    " ",
    "SET x1 = " + " + ".join([":n"] * 400),
    "SET " + "x" * 4200 + " = :n",
]
ATTRIBUTE_UPDATES: list[Any] = [
    {},
    {"a": {}},
    {"a": {"Action": "PUT"}},
    {"a": {"Action": "ADD"}},
    {"a": {"Action": "DELETE"}},
    {"a": {"Action": "DELETE", "Value": N}},
    {"a": {"Action": "DELETE", "Value": {"SS": ["a"]}}},
    {"a": {"Action": "put", "Value": N}},
    {"a": {"Action": "", "Value": N}},
    {"a": {"Value": N}},
    {"a": {"Value": {"N": "x"}}},
    {"a": {"Value": {}}},
    {"a": {"Action": "ADD", "Value": S}},
    {"a": {"Action": "ADD", "Value": {"L": [S]}}},
    {"a": {"Action": "ADD", "Value": {"M": {}}}},
    {"a": {"Action": "ADD", "Value": {"BOOL": True}}},
    {"a": {"Action": "ADD", "Value": {"NULL": True}}},
    {"a": {"Action": "ADD", "Value": {"B": "YQ=="}}},
    {"a": {"Action": "ADD", "Value": {"N": "5"}}},
    {"s": {"Action": "ADD", "Value": N}},
    {"s": {"Action": "ADD", "Value": {"SS": ["q"]}}},
    {"l": {"Action": "ADD", "Value": {"L": [N]}}},
    {"pk": {"Value": S}},
    {"pk": {"Action": "DELETE"}},
    {"pk": {"Action": "ADD", "Value": N}},
    {"": {"Value": S}},
    {"t": {"Action": "ADD", "Value": {"SS": ["q"]}}},
    {"t": {"Action": "DELETE", "Value": {"NS": ["1"]}}},
    {"t": {"Action": "DELETE", "Value": {"SS": ["q"]}}},
    {"a": {"Value": {"SS": []}}},
    {"a": {"Action": "PUT", "Value": S}, "b": {"Action": "NOPE"}},
]


def delete_item() -> Iterator[dict[str, Any]]:
    for key in WRONG_KEYS:
        yield _named(T, {"Key": key, "ReturnValues": "ALL_OLD"})
    for key in WRONG_BOTH:
        yield _named(R, {"Key": key})
    for how in ("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "NONE", "ALL_OLD"):
        yield _named(T, {"Key": {"pk": {"S": "gone"}}, "ReturnValues": how})
    yield from _conditional({"Key": {"pk": {"S": "b"}}})
    for how in ("TOTAL", "INDEXES", "NONE"):
        yield _named(R, {"Key": BOTH, "ReturnConsumedCapacity": how, "ReturnValues": "ALL_OLD"})
        yield _named(R, {"Key": BOTH, "ReturnItemCollectionMetrics": "SIZE"})


def batch_get_item() -> Iterator[dict[str, Any]]:
    yield {"RequestItems": {}}
    for name in TABLE_NAMES:
        yield {"RequestItems": {name: {"Keys": [KEY]}}}
    for key in WRONG_KEYS:
        yield {"RequestItems": {T: {"Keys": [key]}}}
        yield {"RequestItems": {T: {"Keys": [KEY, key]}, R: {"Keys": [BOTH]}}}
    for key in WRONG_BOTH:
        yield {"RequestItems": {R: {"Keys": [key]}}}
    yield {"RequestItems": {T: {"Keys": []}}}
    yield {"RequestItems": {T: {}}}
    yield {"RequestItems": {T: {"Keys": [KEY, KEY]}}}
    for n in (100, 101):
        yield {"RequestItems": {T: {"Keys": [{"pk": {"S": str(i)}} for i in range(n)]}}}
    half = [{"pk": {"S": str(i)}} for i in range(51)]
    ranged = [{"pk": S, "sk": {"N": str(i)}} for i in range(50)]
    yield {"RequestItems": {T: {"Keys": half}, R: {"Keys": ranged}}}
    yield {"RequestItems": {R: {"Keys": [{"pk": S, "sk": N}, {"pk": S, "sk": {"N": "1.0"}}]}}}
    for text in PROJECTIONS:
        yield {"RequestItems": {T: {"Keys": [KEY], "ProjectionExpression": text}}}
    for names in NAME_MAPS:
        asked = {"ProjectionExpression": "#a", "ExpressionAttributeNames": names}
        yield {"RequestItems": {T: {"Keys": [KEY], **asked}}}
    for wanted in ATTRIBUTES_TO_GET:
        yield {"RequestItems": {T: {"Keys": [KEY], "AttributesToGet": wanted}}}
    both = {"AttributesToGet": ["a"], "ProjectionExpression": "a"}
    yield {"RequestItems": {T: {"Keys": [KEY], **both}}}
    yield {"RequestItems": {T: {"Keys": [KEY], "ExpressionAttributeNames": {"#a": "a"}}}}
    for how in ("TOTAL", "INDEXES", "NONE"):
        for consistent in (True, False):
            asked = {"Keys": [KEY], "ConsistentRead": consistent}
            yield {"RequestItems": {T: asked}, "ReturnConsumedCapacity": how}


def batch_write_item() -> Iterator[dict[str, Any]]:
    def put(item: Any) -> dict[str, Any]:
        return {"PutRequest": {"Item": item}}

    def delete(key: Any) -> dict[str, Any]:
        return {"DeleteRequest": {"Key": key}}

    yield {"RequestItems": {}}
    yield {"RequestItems": {T: []}}
    yield {"RequestItems": {T: [{}]}}
    yield {"RequestItems": {T: [{**put(KEY), **delete(KEY)}]}}
    yield {"RequestItems": {T: [put(KEY), put(KEY)]}}
    yield {"RequestItems": {T: [put(KEY), delete(KEY)]}}
    yield {"RequestItems": {R: [put({"pk": S, "sk": N}), delete({"pk": S, "sk": {"N": "1.0"}})]}}
    for name in TABLE_NAMES:
        yield {"RequestItems": {name: [put(KEY)]}}
        yield {"RequestItems": {T: [put(KEY)], name: [put(KEY)]}}
    for key in WRONG_KEYS:
        yield {"RequestItems": {T: [put(key)]}}
        yield {"RequestItems": {T: [delete(key)]}}
        yield {"RequestItems": {T: [put({"pk": {"S": "fine"}}), put(key)]}}
    for key in WRONG_BOTH:
        yield {"RequestItems": {R: [put(key)]}}
        yield {"RequestItems": {R: [delete(key)]}}
    for n in (25, 26):
        yield {"RequestItems": {T: [put({"pk": {"S": str(i)}}) for i in range(n)]}}
    for text in BROKEN_NUMBERS:
        yield {"RequestItems": {T: [put({**KEY, "a": {"N": text}})]}}
    yield {"RequestItems": {R: [put({**BOTH, "l": N})]}}
    yield {"RequestItems": {R: [put({**BOTH, "g": {"S": ""}})]}}
    yield {"RequestItems": {T: [put({**KEY, "big": {"S": "b" * 409_600}})]}}
    for how in ("TOTAL", "INDEXES", "NONE"):
        yield {"RequestItems": {T: [put(KEY)], R: [put(BOTH)]}, "ReturnConsumedCapacity": how}
        yield {"RequestItems": {R: [put({**BOTH, "g": S, "h": N})]}, "ReturnConsumedCapacity": how}
    yield {"RequestItems": {R: [put(BOTH)]}, "ReturnItemCollectionMetrics": "SIZE"}


def transact_get_items() -> Iterator[dict[str, Any]]:
    def get(**more: Any) -> dict[str, Any]:
        return {"Get": {"TableName": T, "Key": KEY, **more}}

    yield {"TransactItems": []}
    yield {"TransactItems": [{}]}
    yield {"TransactItems": [get(), get()]}
    for n in (100, 101):
        yield {"TransactItems": [get(Key={"pk": {"S": str(i)}}) for i in range(n)]}
    for key in WRONG_KEYS:
        yield {"TransactItems": [get(Key=key)]}
        yield {"TransactItems": [get(), get(Key=key)]}
    for key in WRONG_BOTH:
        yield {"TransactItems": [get(TableName=R, Key=key)]}
    for name in TABLE_NAMES:
        yield {"TransactItems": [get(TableName=name)]}
    for text in PROJECTIONS:
        yield {"TransactItems": [get(ProjectionExpression=text)]}
    for names in NAME_MAPS:
        yield {"TransactItems": [get(ProjectionExpression="#a", ExpressionAttributeNames=names)]}
    yield {"TransactItems": [get(ExpressionAttributeNames={"#a": "a"})]}
    for how in ("TOTAL", "INDEXES", "NONE"):
        yield {
            "TransactItems": [get(), get(TableName=R, Key=BOTH), get(Key={"pk": {"S": "none"}})],
            "ReturnConsumedCapacity": how,
        }


def transact_write_items() -> Iterator[dict[str, Any]]:
    def put(item: Any = None, **more: Any) -> dict[str, Any]:
        return {"Put": {"TableName": T, "Item": item or {"pk": {"S": "t1"}}, **more}}

    def delete(key: Any = None, **more: Any) -> dict[str, Any]:
        return {"Delete": {"TableName": T, "Key": key or {"pk": {"S": "t2"}}, **more}}

    def update(key: Any = None, **more: Any) -> dict[str, Any]:
        text = more.pop("UpdateExpression", "SET a = if_not_exists(a, s)")
        named = {"TableName": T, "Key": key or {"pk": {"S": "t3"}}}
        return {"Update": {**named, "UpdateExpression": text, **more}}

    def check(key: Any = None, **more: Any) -> dict[str, Any]:
        text = more.pop("ConditionExpression", "attribute_not_exists(nothing)")
        named = {"TableName": T, "Key": key or {"pk": {"S": "t4"}}}
        return {"ConditionCheck": {**named, "ConditionExpression": text, **more}}

    for items in (
        [],
        [{}],
        [{**put(), **delete()}],
        [put(), put()],
        [put(), delete({"pk": {"S": "t1"}})],
        [put(), check({"pk": {"S": "t1"}})],
        [put(), delete(), check()],
        [update({"pk": {"S": "a"}}), delete({"pk": {"S": "gone"}})],
        [put(ConditionExpression="attribute_exists(nothing)"), put({"pk": {"S": "t9"}})],
        [
            put(ConditionExpression="attribute_not_exists(pk)"),
            check(KEY, ConditionExpression="attribute_exists(nothing)"),
            delete(),
        ],
        [
            check(
                KEY,
                ConditionExpression="attribute_exists(nothing)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            ),
            put(),
        ],
        [update(KEY, UpdateExpression="SET a = nothing"), put()],
        [update(KEY, UpdateExpression="SET s = s + a"), put()],
        [update(KEY, UpdateExpression="ADD s :n", ExpressionAttributeValues={":n": N})],
        [update(KEY, UpdateExpression="REMOVE pk")],
        [update(KEY, UpdateExpression="SET a = :n")],
        [update(KEY, UpdateExpression="")],
        [check(KEY, ConditionExpression="")],
        [check(KEY, ConditionExpression="a =")],
        [put({**KEY, "big": {"S": "b" * 409_600}}), put()],
        [put({**KEY, "l": N, "sk": N}, TableName=R), delete()],
        [put({**BOTH, "l": N}, TableName=R), delete()],
        [put({**BOTH, "g": {"S": ""}}, TableName=R), delete()],
        [put(ReturnValuesOnConditionCheckFailure="NOPE")],
        [put(ExpressionAttributeValues={":a": S})],
        [put(ConditionExpression="a = :a", ExpressionAttributeValues={":a": S, ":b": S})],
        [put({"pk": {"S": str(n)}}) for n in range(100)],
        [put({"pk": {"S": str(n)}}) for n in range(101)],
        [delete(KEY, ReturnValues="ALL_OLD")],
        [put(TableName="no-such-table"), put()],
        [put(), put(TableName="no-such-table")],
    ):
        yield {"TransactItems": items}
    for key in WRONG_KEYS:
        for one in (put(key or {"x": S}), delete(key or {"x": S}), update(key or {"x": S}),
                    check(key or {"x": S})):  # fmt: skip
            yield {"TransactItems": [one]}
            yield {"TransactItems": [put({"pk": {"S": "fine"}}), one]}
    for key in WRONG_BOTH:
        yield {"TransactItems": [put(key, TableName=R)]}
        yield {"TransactItems": [delete(key, TableName=R)]}
    for text in UPDATES[:60]:
        values = {name: value for name, value in UPDATE_VALUES.items() if name in text}
        yield {"TransactItems": [update(KEY, UpdateExpression=text, **_maps(text, values))]}
    for condition in CONDITIONS:
        yield {"TransactItems": [check(KEY, **condition)]}
    for text in BROKEN_NUMBERS:
        yield {"TransactItems": [put({**KEY, "a": {"N": text}})]}
    for how in ("TOTAL", "INDEXES", "NONE"):
        items = [put(), delete(), update(KEY), check()]
        yield {"TransactItems": items, "ReturnConsumedCapacity": how}
        yield {"TransactItems": [put(BOTH, TableName=R)], "ReturnConsumedCapacity": how}
    yield {"TransactItems": [put(BOTH, TableName=R)], "ReturnItemCollectionMetrics": "SIZE"}
    for token in ("", "x" * 36, "x" * 37):
        yield {"TransactItems": [put()], "ClientRequestToken": token}
    yield {"TransactItems": [put()], "ClientRequestToken": "again"}
    yield {"TransactItems": [put()], "ClientRequestToken": "again"}
    yield {"TransactItems": [put({"pk": S})], "ClientRequestToken": "again"}
