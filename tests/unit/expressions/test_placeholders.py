"""ExpressionAttributeNames and ExpressionAttributeValues: keys, values, and what was never used."""

from __future__ import annotations

from typing import Any

import pytest

from jedlik.tables.expressions import (
    Placeholders,
    condition,
    conditions,
    placeholders,
    projection,
    update,
)
from jedlik.values import Invalid, Malformed

NAMES = "ExpressionAttributeNames"
VALUES = "ExpressionAttributeValues"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({}, f"{NAMES} must not be empty"),
        ({"a": "b"}, f'{NAMES} contains invalid key: Syntax error; key: "a"'),
        ({"#": "b"}, f'{NAMES} contains invalid key: Syntax error; key: "#"'),
        ({"#a-b": "b"}, f'{NAMES} contains invalid key: Syntax error; key: "#a-b"'),
        ({"#é": "b"}, f'{NAMES} contains invalid key: Syntax error; key: "#é"'),
        ({"#a": "", "x": "y"}, f'{NAMES} contains invalid key: Syntax error; key: "x"'),
        ({"#a": ""}, f"{NAMES} contains invalid value: Empty attribute name for key #a"),
        (
            {"#a": "x" * 65536},
            f"{NAMES} contains invalid value: "
            "Attribute name is too large, must be less than 65536 bytes for key #a",
        ),
        (
            {"#" + "a" * 255: "b"},
            f"{NAMES} contains invalid key: The expression attribute map contains a key that is "
            "too long; size of key: 256",
        ),
    ],
)
def test_wrong_names(names: dict[str, str], message: str) -> None:
    with pytest.raises(Invalid) as refused:
        Placeholders(names, {":a": {}})
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, f"{VALUES} must not be empty"),
        ({"a": {"N": "1"}}, f'{VALUES} contains invalid key: Syntax error; key: "a"'),
        ({":": {"N": "1"}}, f'{VALUES} contains invalid key: Syntax error; key: ":"'),
        ({":a": {}, "b": {}}, f'{VALUES} contains invalid key: Syntax error; key: "b"'),
        (
            {":a": {}},
            f"{VALUES} contains invalid value: Supplied AttributeValue is empty, must contain "
            "exactly one of the supported datatypes for key :a",
        ),
        (
            {":a": {"N": "x"}},
            f"{VALUES} contains invalid value: "
            "The parameter cannot be converted to a numeric value: x for key :a",
        ),
        (
            {":a": {"SS": []}},
            f"{VALUES} contains invalid value: One or more parameter values were invalid: "
            "An string set  may not be empty for key :a",
        ),
        (
            {":" + "a" * 255: {"N": "1"}},
            f"{VALUES} contains invalid key: The expression attribute map contains a key that is "
            "too long;",
        ),
    ],
)
def test_wrong_values(values: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid) as refused:
        Placeholders(None, values)
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("names", "values"),
    [({"#a": 5}, None), ({"#a": ["b"]}, None), (None, {":a": {"S": 5}}), (None, {":a": "b"})],
)
def test_json_of_the_wrong_kind(names: Any, values: Any) -> None:
    with pytest.raises(Malformed):
        Placeholders(names, values)


def test_values_come_to_plain_form() -> None:
    placeholders = Placeholders(None, {":a": {"N": "1.0"}})
    assert condition("a = :a", placeholders).holds({"a": {"N": "1"}})


def test_what_no_expression_uses_is_refused_names_first() -> None:
    placeholders = Placeholders(
        {"#a": "a", "#b": "b", "#c": "c"}, {":a": {"N": "1"}, ":b": {"N": "2"}}
    )
    condition("#a = :a", placeholders)
    with pytest.raises(Invalid) as refused:
        placeholders.finish()
    assert refused.value.message == (
        f"Value provided in {NAMES} unused in expressions: keys: {{#b, #c}}"
    )
    projection("#b, #c", placeholders)
    with pytest.raises(Invalid) as refused:
        placeholders.finish()
    assert (
        refused.value.message == f"Value provided in {VALUES} unused in expressions: keys: {{:b}}"
    )
    update("SET x = :b", placeholders)
    placeholders.finish()


def test_a_cached_expression_still_looks_at_its_values() -> None:
    text = "a between :x and :y"
    condition(text, Placeholders(None, {":x": {"N": "1"}, ":y": {"N": "2"}}))
    with pytest.raises(Invalid) as refused:
        condition(text, Placeholders(None, {":x": {"N": "2"}, ":y": {"N": "1"}}))
    assert refused.value.message == (
        "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than "
        "or equal to lower bound; lower bound operand: AttributeValue: {N:2}, "
        "upper bound operand: AttributeValue: {N:1}"
    )
    with pytest.raises(Invalid) as refused:
        condition(text, Placeholders(None, {":x": {"N": "1"}, ":y": {"S": "a"}}))
    assert "requires same data type" in refused.value.message


def test_the_name_of_the_parameter_is_the_callers() -> None:
    with pytest.raises(Invalid) as refused:
        condition("", Placeholders(), name="FilterExpression")
    assert refused.value.message == "Invalid FilterExpression: The expression can not be empty;"


MIB = 1 << 20


def refusal(names: dict[str, str] | None, values: dict[str, Any] | None) -> str:
    with pytest.raises(Invalid) as refused:
        Placeholders(names, values)
    return refused.value.message


def test_values_may_be_two_megabytes_with_their_keys() -> None:
    Placeholders(None, {":a": {"S": "x" * (2 * MIB - 2)}})
    too_much = f"{VALUES} exceeds max size"
    assert refusal(None, {":a": {"S": "x" * (2 * MIB - 1)}}) == too_much
    assert refusal(None, {f":{i}": {"S": "é" * (MIB // 2)} for i in range(3)}) == too_much
    # What is wrong with a key or a value comes before.
    much = {":a": {"S": "x" * 2 * MIB}}
    assert "invalid key" in refusal(None, {**much, "b": {"S": "x"}})
    assert "numeric value" in refusal(None, {**much, ":b": {"N": "x"}})


def test_names_may_be_two_megabytes_and_both_together() -> None:
    half = {f"#{i}": f"{i}".zfill(65534) for i in range(10, 26)}  # 37 bytes more than a megabyte
    Placeholders(half, {":a": {"S": "x" * (MIB - 100)}})
    assert refusal(half, {":a": {"S": "x" * MIB}}) == (
        "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size"
    )
    twice = {**half, **{f"#{i}": f"{i}".zfill(65534) for i in range(26, 42)}}
    assert refusal(twice, {"b": {"S": "x"}}) == f"{NAMES} exceeds max size"


def test_a_list_or_map_may_be_as_large_as_an_item() -> None:
    Placeholders(None, {":a": {"L": [{"S": "x" * (409600 - 4)}]}, ":b": {"S": "x" * 409601}})
    assert refusal(None, {":a": {"M": {"k": {"S": "x" * 409600}}}}) == (
        f"{VALUES} contains invalid value: Item size has exceeded the maximum allowed size "
        "for key :a"
    )


def test_only_usual_names_are_remembered() -> None:
    # Whoever sends long names that are never the same fills no memory with them.
    conditions._compiled.cache_clear()
    placeholders._check_names.cache_clear()

    def kept() -> int:
        return (
            conditions._compiled.cache_info().currsize
            + placeholders._check_names.cache_info().currsize
        )

    for number in range(3):
        condition("attribute_exists(#a)", Placeholders({"#a": f"{number}".zfill(9000)}))
        many = {f":{number}_{i}": {"S": "x"} for i in range(3000)}
        condition(f"a = :{number}_0", Placeholders(None, many))
    assert kept() == 0
    condition("attribute_exists(#seldom_seen)", Placeholders({"#seldom_seen": "b"}))
    assert kept() == 2
