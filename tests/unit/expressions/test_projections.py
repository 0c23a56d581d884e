"""Projections keep an item's shape, close up lists, and leave out what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from jedlik.tables.expressions import Placeholders, projection
from jedlik.tables.expressions.legacy import attributes_to_get

ITEM: dict[str, Any] = {
    "a": {"S": "x"},
    "m": {"M": {"x": {"N": "1"}, "y": {"M": {"z": {"S": "deep"}}}, "e": {"M": {}}}},
    "l": {"L": [{"S": "0"}, {"S": "1"}, {"M": {"k": {"S": "2"}}}, {"L": [{"S": "3"}]}]},
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a", {"a": {"S": "x"}}),
        ("zz", {}),
        ("a, zz", {"a": {"S": "x"}}),
        ("m.x", {"m": {"M": {"x": {"N": "1"}}}}),
        ("m.y.z, m.x", {"m": {"M": {"y": {"M": {"z": {"S": "deep"}}}, "x": {"N": "1"}}}}),
        ("m.e", {"m": {"M": {"e": {"M": {}}}}}),
        ("m.zz", {}),
        ("m.zz, m.x", {"m": {"M": {"x": {"N": "1"}}}}),
        ("m.x.y", {}),
        ("m[0]", {}),
        ("a.b", {}),
        ("l.k", {}),
        ("l[1]", {"l": {"L": [{"S": "1"}]}}),
        ("l[1], l[0]", {"l": {"L": [{"S": "0"}, {"S": "1"}]}}),
        ("l[9]", {}),
        ("l[9], l[1]", {"l": {"L": [{"S": "1"}]}}),
        (
            "l[3][0], l[2].k",
            {"l": {"L": [{"M": {"k": {"S": "2"}}}, {"L": [{"S": "3"}]}]}},
        ),
        ("l[2].zz, l[0]", {"l": {"L": [{"S": "0"}]}}),
        ("l[10], l[9], l[2], l[0]", {"l": {"L": [{"S": "0"}, {"M": {"k": {"S": "2"}}}]}}),
    ],
)
def test_what_is_kept(text: str, kept: dict[str, Any]) -> None:
    assert projection(text, Placeholders()).apply(ITEM) == kept


def test_aliases_and_top_level() -> None:
    placeholders = Placeholders({"#m": "m"})
    bound = projection("#m.x, a", placeholders)
    placeholders.finish()
    assert bound.top_level == {"m", "a"}
    assert bound.apply(ITEM) == {"m": {"M": {"x": {"N": "1"}}}, "a": {"S": "x"}}


def test_attributes_to_get_are_whole_attributes_whatever_their_names() -> None:
    item = {"m.x": {"S": "dotted"}, **ITEM}
    assert attributes_to_get(["m.x", "a", "zz"]).apply(item) == {
        "m.x": {"S": "dotted"},
        "a": {"S": "x"},
    }
