"""Expected, filters, KeyConditions, AttributeUpdates: what they mean, how they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from jedlik.tables.expressions.legacy import (
    attribute_updates,
    expected_condition,
    filter_condition,
    key_conditions,
)
from jedlik.tables.model import KeyAttribute, KeySchema
from jedlik.values import Invalid, encode_key

PREFIX = "One or more parameter values were invalid: "
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SAME_TYPE = PREFIX + "AttributeValues inside AttributeValueList must be of same type"
BOUNDS = (
    "The BETWEEN condition was provided a range where the lower bound is greater than the upper "
    "bound"
)
SCHEMA = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))
A, B, ONE = {"S": "a"}, {"S": "b"}, {"N": "1"}
ITEM: dict[str, Any] = {
    "s": {"S": "abc"},
    "n": {"N": "5"},
    "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"S": "a"}]},
    "bo": {"BOOL": True},
}


def compare(operator: str, *arguments: dict[str, Any]) -> dict[str, Any]:
    return {"ComparisonOperator": operator, "AttributeValueList": list(arguments)}


def wrong_count(operator: str) -> str:
    return f"{PREFIX}Invalid number of argument(s) for the {operator} ComparisonOperator"


def wrong_type(operator: str, kind: str) -> str:
    return f"{PREFIX}ComparisonOperator {operator} is not valid for {kind} AttributeValue type"


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({}, "Value must be provided when Exists is null"),
        ({"Exists": True}, "Value must be provided when Exists is true"),
        ({"Exists": False, "Value": A}, "Value cannot be used when Exists is false"),
        (
            {"Value": A, "AttributeValueList": [A]},
            "Value and AttributeValueList cannot be used together",
        ),
        (
            {"AttributeValueList": [A]},
            "AttributeValueList can only be used with a ComparisonOperator",
        ),
        (
            {"Exists": True, **compare("EQ", A)},
            "Exists and ComparisonOperator cannot be used together",
        ),
        (
            {"Exists": False, "ComparisonOperator": "NULL"},
            "Exists and ComparisonOperator cannot be used together",
        ),
        (
            {"ComparisonOperator": "EQ"},
            "Value or AttributeValueList must be used with ComparisonOperator: EQ",
        ),
    ],
)
def test_expected_used_wrongly(expected: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid) as refused:
        expected_condition({"a": expected})
    assert refused.value.message == f"{PREFIX}{message} for Attribute: a"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        *[
            (compare(operator, *[A] * count), wrong_count(operator))
            for operator, counts in {
                "EQ": (0, 2),
                "NE": (0, 2),
                "LE": (0, 2),
                "LT": (0, 2),
                "GE": (0, 2),
                "GT": (0, 2),
                "BEGINS_WITH": (0, 2),
                "CONTAINS": (0, 2),
                "NOT_CONTAINS": (0, 2),
                "NULL": (1,),
                "NOT_NULL": (1,),
                "IN": (0,),
                "BETWEEN": (0, 1, 3),
            }.items()
            for count in counts
        ],
        *[
            (compare(operator, *[{kind: content}] * count), wrong_type(operator, kind))
            for operator, count, kinds in [
                ("LT", 1, ("BOOL", "NULL", "L", "M", "SS")),
                ("GE", 1, ("BOOL",)),
                ("BETWEEN", 2, ("BOOL", "L")),
                ("IN", 1, ("BOOL", "L", "SS")),
                ("BEGINS_WITH", 1, ("N", "BOOL", "L")),
                ("CONTAINS", 1, ("L", "M", "SS")),
                ("NOT_CONTAINS", 1, ("L", "M", "SS")),
            ]
            for kind in kinds
            for content in [
                {"BOOL": True, "NULL": True, "L": [], "M": {}, "SS": ["a"], "N": "1"}[kind]
            ]
        ],
        (compare("BETWEEN", B, A), BOUNDS),
        (compare("BETWEEN", A, ONE), SAME_TYPE),
        (compare("IN", A, ONE), SAME_TYPE),
        (compare("EQ", {}), EMPTY),
    ],
)
def test_arguments_that_do_not_fit(condition: dict[str, Any], message: str) -> None:
    for read in (expected_condition, filter_condition):
        with pytest.raises(Invalid) as refused:
            read({"a": condition})
        assert refused.value.message == message


@pytest.mark.parametrize(
    ("name", "condition", "holds"),
    [
        ("s", compare("EQ", {"S": "abc"}), True),
        ("n", compare("EQ", {"N": "5.0"}), True),
        ("ss", compare("EQ", {"SS": ["b", "a"]}), True),
        ("l", compare("EQ", {"L": [A]}), True),
        ("zz", compare("EQ", A), False),
        ("s", compare("NE", A), True),
        ("zz", compare("NE", A), True),
        ("n", compare("LT", {"N": "10"}), True),
        ("n", compare("LE", {"N": "5"}), True),
        ("n", compare("GT", {"N": "5"}), False),
        ("n", compare("GE", {"N": "5"}), True),
        ("s", compare("GT", ONE), False),
        ("zz", compare("GT", ONE), False),
        ("s", compare("BEGINS_WITH", {"S": "ab"}), True),
        ("s", compare("CONTAINS", {"S": "bc"}), True),
        ("ss", compare("CONTAINS", A), True),
        ("l", compare("CONTAINS", A), True),
        ("ss", compare("NOT_CONTAINS", A), False),
        ("ss", compare("NOT_CONTAINS", {"S": "z"}), True),
        ("zz", compare("NOT_CONTAINS", A), False),
        ("zz", {"ComparisonOperator": "NULL"}, True),
        ("s", {"ComparisonOperator": "NULL"}, False),
        ("s", {"ComparisonOperator": "NOT_NULL"}, True),
        ("n", compare("IN", ONE, {"N": "5"}), True),
        ("n", compare("BETWEEN", ONE, {"N": "5"}), True),
        ("n", compare("BETWEEN", ONE, {"N": "4"}), False),
    ],
)
def test_operators(name: str, condition: dict[str, Any], holds: bool) -> None:
    assert filter_condition({name: condition}).holds(ITEM) is holds
    assert expected_condition({name: condition}).holds(ITEM) is holds


def test_value_and_exists() -> None:
    assert expected_condition({"n": {"Value": {"N": "5"}}}).holds(ITEM)
    assert expected_condition({"n": {"Value": {"N": "5"}, "Exists": True}}).holds(ITEM)
    assert expected_condition({"n": {"Value": {"N": "5"}, "ComparisonOperator": "GE"}}).holds(ITEM)
    assert not expected_condition({"n": {"Exists": False}}).holds(ITEM)
    assert expected_condition({"n": {"Exists": False}}).holds(None)


def test_all_or_any() -> None:
    conditions = {"n": compare("EQ", {"N": "5"}), "s": compare("EQ", A)}
    assert not filter_condition(conditions).holds(ITEM)
    assert not filter_condition(conditions, "AND").holds(ITEM)
    assert filter_condition(conditions, "OR").holds(ITEM)
    assert filter_condition(conditions).top_level == ("n", "s")
    assert expected_condition(None).holds(None)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({}, "ConditionalOperator cannot be used without Filter or Expected"),
        (
            {"a": compare("EQ", A)},
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        ),
    ],
)
def test_an_operator_needs_two_conditions(conditions: dict[str, Any], message: str) -> None:
    for read in (expected_condition, filter_condition):
        with pytest.raises(Invalid) as refused:
            read(conditions, "OR")
        assert refused.value.message == message


def test_key_ranges() -> None:
    partition = {"pk": compare("EQ", A)}
    found = key_conditions({**partition, "sk": compare("BETWEEN", A, B)}, SCHEMA)
    assert (found.partition, found.low, found.high) == ((A,), encode_key(A), encode_key(B))
    found = key_conditions({**partition, "sk": compare("BEGINS_WITH", A)}, SCHEMA)
    assert (found.low, found.high, found.high_open) == (b"a", b"b", True)
    assert key_conditions(partition, SCHEMA).low is None


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({}, "Conditions can be of length 1 or 2 only"),
        ({"pk": compare("EQ")}, wrong_count("EQ")),
        (
            {"pk": compare("EQ", ONE)},
            PREFIX + "Condition parameter type does not match schema type",
        ),
        ({"sk": compare("EQ", A)}, "Query condition missed key schema element: pk"),
        ({"pk": compare("LT", A)}, "Query key condition not supported"),
        (
            {"pk": compare("EQ", A), "sk": compare("NE", A)},
            "Attempted conditional constraint is not an indexable operation",
        ),
        (
            {"pk": compare("EQ", A), "sk": compare("IN", A)},
            "Attempted conditional constraint is not an indexable operation",
        ),
        ({"pk": compare("EQ", A), "sk": compare("BETWEEN", B, A)}, BOUNDS),
        (
            {"pk": compare("EQ", A), "a": compare("EQ", A)},
            "Query condition missed key schema element: sk",
        ),
        (
            {"pk": compare("EQ", A), "sk": compare("EQ", A), "a": compare("EQ", A)},
            "Conditions can be of length 1 or 2 only",
        ),
    ],
)
def test_key_conditions_refused(conditions: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid) as refused:
        key_conditions(conditions, SCHEMA)
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("name", "wanted", "value"),
    [
        ("z", {"Value": A}, A),
        ("n", {"Action": "PUT", "Value": A}, A),
        ("n", {"Action": "DELETE"}, None),
        ("z", {"Action": "DELETE"}, None),
        ("n", {"Action": "ADD", "Value": ONE}, {"N": "6"}),
        ("z", {"Action": "ADD", "Value": ONE}, ONE),
        ("ss", {"Action": "ADD", "Value": {"SS": ["c"]}}, {"SS": ["a", "b", "c"]}),
        ("l", {"Action": "ADD", "Value": {"L": [B]}}, {"L": [A, B]}),
        ("z", {"Action": "ADD", "Value": {"L": [B]}}, {"L": [B]}),
        ("ss", {"Action": "DELETE", "Value": {"SS": ["a"]}}, {"SS": ["b"]}),
        ("ss", {"Action": "DELETE", "Value": {"SS": ["a", "b"]}}, None),
        ("z", {"Action": "DELETE", "Value": {"SS": ["a"]}}, None),
    ],
)
def test_attribute_updates(name: str, wanted: dict[str, Any], value: Any) -> None:
    update = attribute_updates({name: wanted})
    new = update.apply(ITEM)
    assert new.get(name) == value
    others = {other: content for other, content in ITEM.items() if other != name}
    assert {other: new[other] for other in others} == others
    assert update.updated_old(ITEM) == ({name: ITEM[name]} if name in ITEM else {})
    assert update.updated_new(new) == ({} if value is None else {name: value})


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    [
        ("a", {}, PREFIX + "Only DELETE action is allowed when no attribute value is specified"),
        (
            "a",
            {"Action": "ADD"},
            PREFIX + "Only DELETE action is allowed when no attribute value is specified",
        ),
        ("a", {"Value": {}}, EMPTY),
        (
            "a",
            {"Action": "ADD", "Value": A},
            PREFIX + "ADD action is not supported for the type S",
        ),
        (
            "a",
            {"Action": "DELETE", "Value": ONE},
            PREFIX + "DELETE action with value is not supported for the type N",
        ),
        ("s", {"Action": "ADD", "Value": ONE}, "Type mismatch for attribute to update"),
        ("n", {"Action": "ADD", "Value": {"L": []}}, "Type mismatch for attribute to update"),
        (
            "n",
            {"Action": "DELETE", "Value": {"SS": ["a"]}},
            "Type mismatch for attribute to update",
        ),
        (
            "ss",
            {"Action": "DELETE", "Value": {"NS": ["1"]}},
            "Type mismatch for attribute to update",
        ),
    ],
)
def test_attribute_updates_refused(name: str, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid) as refused:
        attribute_updates({name: wanted}).apply(ITEM)
    assert refused.value.message == message


def test_attribute_updates_leave_keys_alone() -> None:
    with pytest.raises(Invalid) as refused:
        attribute_updates({"pk": {"Action": "DELETE"}}, key_names=("pk",))
    assert refused.value.message == (
        PREFIX + "Cannot update attribute pk. This attribute is part of the key"
    )
