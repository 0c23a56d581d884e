"""What attribute values may be, in AWS's words, and what they weigh."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jedlik.values import (
    Invalid,
    Malformed,
    check_item,
    check_value,
    item_size,
    value_size,
)

EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
PREFIX = "One or more parameter values were invalid: "
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)


def nested(levels: int, leaf: dict[str, Any], kind: str = "M") -> dict[str, Any]:
    for _ in range(levels):
        leaf = {"M": {"a": leaf}} if kind == "M" else {"L": [leaf]}
    return leaf


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, EMPTY),
        ({"X": "a"}, EMPTY),
        ({"S": None}, EMPTY),
        ({"X": "a", "Y": "b"}, EMPTY),
        ({"S": "a", "N": "1"}, SEVERAL),
        ({"S": "a", "N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        ({"N": "abc"}, "The parameter cannot be converted to a numeric value: abc"),
        ({"N": ""}, "The parameter cannot be converted to a numeric value"),
        ({"NULL": False}, PREFIX + "Null attribute value types must have the value of true"),
        ({"SS": []}, PREFIX + "An string set  may not be empty"),
        ({"NS": []}, PREFIX + "An number set  may not be empty"),
        ({"BS": []}, PREFIX + "Binary sets should not be empty"),
        ({"SS": ["a", "b", "a"]}, PREFIX + "Input collection [a, b, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"NS": ["1", "x"]}, "The parameter cannot be converted to a numeric value: x"),
        (
            {"BS": ["YQ==", "YQ=="]},
            PREFIX + "Input collection [YQ==, YQ==]of type BS contains duplicates.",
        ),
        ({"M": {"a": {}}}, EMPTY),
        ({"L": [{"S": "a"}, {}]}, EMPTY),
        ({"M": {"": {"S": "a"}}}, "Empty attribute name"),
        (
            {"M": {"x" * 65536: {"S": "a"}}},
            "Attribute name is too large, must be less than 65536 bytes",
        ),
        (nested(32, {"S": "x"}), TOO_DEEP),
        (nested(32, {"S": "x"}, "L"), TOO_DEEP),
        (nested(31, {"L": []}), TOO_DEEP),
    ],
)
def test_what_is_no_value_is_refused(value: dict[str, Any], message: str) -> None:
    for check in (check_value, lambda given: check_item({"a": given})):
        with pytest.raises(Invalid) as refused:
            check(copy.deepcopy(value))
        assert refused.value.message == message


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ({"BOOL": "true"}, {"BOOL": True}),
        ({"BOOL": "No"}, {"BOOL": False}),
        ({"NULL": "TRUE"}, {"NULL": True}),
        ({"L": [{"BOOL": "0"}]}, {"L": [{"BOOL": False}]}),
    ],
)
def test_strings_that_say_true_or_false_become_so(value, normal):
    check_value(value)
    assert value == normal


@pytest.mark.parametrize(
    "value",
    [
        {"S": 5},
        {"S": True},
        {"N": 5},
        {"B": 5},
        {"BOOL": "t"},
        {"NULL": "23"},
        {"BOOL": 1},
        {"SS": "a"},
        {"SS": [1]},
        {"NS": [1]},
        {"BS": [1]},
        {"L": {}},
        {"M": []},
        {"L": ["a"]},
        "a",
        None,
        [],
    ],
)
def test_json_of_the_wrong_kind(value: Any) -> None:
    with pytest.raises(Malformed):
        check_item({"a": value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        ("YQ", "Base64 encoded length is expected a multiple of 4 bytes but found: 2"),
        ("Y-_=", "Invalid last non-pad Base64 character dectected"),
        ("====", "Invalid last non-pad Base64 character dectected"),
        ("YR==", "Invalid last non-pad Base64 character dectected"),
        ("é===", "Invalid last non-pad Base64 character dectected"),
    ],
)
def test_what_is_not_base64(text: str, message: str) -> None:
    for value in ({"B": text}, {"BS": [text]}):
        with pytest.raises(Malformed) as refused:
            check_value(value)
        assert refused.value.message == message


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "é😀"}, 6),
        ({"N": "1"}, 2),
        ({"B": ""}, 0),
        ({"B": "YQ=="}, 1),
        ({"B": "YWI="}, 2),
        ({"B": "YWJj"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["", "abc"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": ["", "YQ=="]}, 1),
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "abc"}, {"BOOL": True}]}, 3 + 1 + 3 + 1 + 1),
        ({"M": {"ab": {"S": "abc"}}}, 3 + 1 + 2 + 3),
        (nested(31, {"S": "x"}), 31 * 5 + 1),
    ],
)
def test_size(value: dict[str, Any], size: int) -> None:
    assert check_value(value) == size
    assert value_size(value) == size
    assert check_item({"é": value}) == size + 2
    assert item_size({"é": value}) == size + 2


def test_numbers_come_to_plain_form_in_place_and_only_then() -> None:
    item = {
        "a": {"N": "1.50"},
        "b": {"L": [{"N": "1e2"}]},
        "c": {"NS": ["01", "2"]},
        "d": {"N": "7"},
        "e": {"M": {"x": {"N": "-0"}}},
    }
    untouched = item["d"]
    check_item(item)
    assert item == {
        "a": {"N": "1.5"},
        "b": {"L": [{"N": "100"}]},
        "c": {"NS": ["1", "2"]},
        "d": {"N": "7"},
        "e": {"M": {"x": {"N": "0"}}},
    }
    assert item["d"] is untouched


def test_unknown_and_null_members_are_ignored_beside_a_type() -> None:
    value = {"S": "a", "X": 1, "N": None}
    assert check_value(value) == 1
    assert value == {"S": "a"}


@pytest.mark.parametrize("name", ["", "x" * 65536, "é" * 32768])
def test_attribute_names_have_one_to_65535_bytes(name: str) -> None:
    with pytest.raises(Invalid):
        check_item({name: {"S": "a"}})


def test_the_longest_attribute_name() -> None:
    assert check_item({"x" * 65535: {"S": "a"}}) == 65536


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["S", "N", "B", "L", "M", "SS", "NS", "BS", "a"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), json_like, max_size=3))
def test_whatever_comes_is_accepted_or_refused(item: dict[str, Any]) -> None:
    try:
        size = check_item(item)
    except (Invalid, Malformed):
        return
    assert size == item_size(item)
    assert check_item(copy.deepcopy(item)) == size
