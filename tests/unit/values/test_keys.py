"""Key encodings keep order, and keys of several attributes do not run into each other."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jedlik.values import (
    Invalid,
    compare,
    encode_key,
    encode_key_part,
    encode_key_tuple,
    equal,
    normalise,
    prefix_end,
    token,
)

strings = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=6)
string_values = strings.map(lambda text: {"S": text})
binary_values = st.binary(max_size=6).map(lambda raw: {"B": b64encode(raw).decode()})
number_values = st.decimals(-1000, 1000, allow_nan=False, places=3).map(
    lambda number: {"N": normalise(str(number))}
)


def natural(value: dict[str, Any]) -> Any:
    return Decimal(value["N"]) if "N" in value else encode_key(value)


@given(string_values, string_values)
def test_strings_in_order_of_their_utf8(a: dict[str, Any], b: dict[str, Any]) -> None:
    one, two = a["S"].encode(), b["S"].encode()
    assert encode_key(a) == one
    assert compare(a, b) == (one > two) - (one < two)


@given(binary_values, binary_values)
def test_binaries_in_order_of_their_bytes(a: dict[str, Any], b: dict[str, Any]) -> None:
    one, two = encode_key(a), encode_key(b)
    assert compare(a, b) == (one > two) - (one < two)
    assert (one == two) == equal(a, b)


@given(
    st.one_of(
        [
            st.tuples(
                st.lists(kind, min_size=3, max_size=3), st.lists(kind, min_size=3, max_size=3)
            )
            for kind in (string_values, binary_values, number_values)
        ]
    )
)
def test_tuples_are_in_order_component_by_component(
    pair: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    a, b = pair
    one, two = encode_key_tuple(a), encode_key_tuple(b)
    wanted = [natural(value) for value in a] < [natural(value) for value in b]
    assert (one < two) == wanted
    assert (one == two) == ([natural(value) for value in a] == [natural(value) for value in b])


@given(string_values)
def test_a_tuple_of_one_is_the_key_itself(value: dict[str, Any]) -> None:
    assert encode_key_tuple([value]) == encode_key(value)


@given(string_values | binary_values, string_values | binary_values)
def test_no_component_is_a_prefix_of_another(a: dict[str, Any], b: dict[str, Any]) -> None:
    one, two = encode_key_part(a), encode_key_part(b)
    assert one == two or not two.startswith(one)


@given(st.binary(max_size=4), st.binary(max_size=8))
def test_the_end_of_a_prefix(prefix: bytes, other: bytes) -> None:
    end = prefix_end(prefix)
    inside = other >= prefix and (end is None or other < end)
    assert inside == other.startswith(prefix)


@given(st.binary(max_size=3000))
def test_tokens_are_sixteen_bytes(raw: bytes) -> None:
    assert len(token(raw)) == 16
    assert token(raw) == token(raw)


@pytest.mark.parametrize("value", [{"N": "abc"}, {"N": ""}, {"B": "YQ"}, {"B": "YR=="}, {"B": "é"}])
def test_what_is_no_key_value_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        encode_key(value)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ({"S": "a"}, {"S": "a"}, True),
        ({"S": "1"}, {"N": "1"}, False),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}, True),
        ({"SS": ["a", "b"]}, {"SS": ["a"]}, False),
        ({"SS": ["1"]}, {"NS": ["1"]}, False),
        ({"L": [{"SS": ["a", "b"]}]}, {"L": [{"SS": ["b", "a"]}]}, True),
        ({"L": [{"N": "1"}, {"N": "2"}]}, {"L": [{"N": "2"}, {"N": "1"}]}, False),
        ({"L": [{"N": "1"}]}, {"L": []}, False),
        ({"M": {"x": {"BS": ["YQ==", ""]}}}, {"M": {"x": {"BS": ["", "YQ=="]}}}, True),
        ({"M": {"x": {"N": "1"}}}, {"M": {"y": {"N": "1"}}}, False),
        ({"BOOL": True}, {"BOOL": False}, False),
        ({"NULL": True}, {"NULL": True}, True),
        ({"M": {}}, {"L": []}, False),
    ],
)
def test_equality(a: dict[str, Any], b: dict[str, Any], same: bool) -> None:
    assert equal(a, b) is same
    assert equal(b, a) is same
