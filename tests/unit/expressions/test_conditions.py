"""What conditions mean: operators and functions on every type, and on what is missing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from jedlik.tables.expressions import Placeholders, condition, condition_of
from jedlik.tables.expressions.syntax import And, Compare, Function, Path, Value

ITEM: dict[str, Any] = {
    "m": {"M": {"x": {"N": "1"}, "l": {"L": [{"N": "1"}, {"N": "2"}]}, "mm": {"M": {}}}},
    "l": {"L": [{"S": "a"}, {"L": [{"N": "0"}]}, {"SS": ["p", "q"]}]},
    "n": {"N": "5"},
    "s": {"S": "hé😀"},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "b": {"B": "YWJj"},
    "nu": {"NULL": True},
    "bo": {"BOOL": True},
    "e": {"S": ""},
}
VALUES: dict[str, Any] = {
    ":one": {"N": "1.0"},
    ":three": {"N": "3"},
    ":four": {"N": "4"},
    ":five": {"N": "5"},
    ":ten": {"N": "10"},
    ":a": {"S": "a"},
    ":h": {"S": "h"},
    ":e": {"S": ""},
    ":ba": {"SS": ["b", "a"]},
    ":qp": {"SS": ["q", "p"]},
    ":bc": {"B": "YmM="},
    ":ab": {"B": "YWI="},
    ":null": {"NULL": True},
    ":false": {"BOOL": False},
    ":tn": {"S": "N"},
    ":tnull": {"S": "NULL"},
    ":zero": {"L": [{"N": "0"}]},
    ":m": {"M": {}},
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("n = :five", True),
        ("n <> :five", False),
        ("n < :ten", True),
        ("n <= :five", True),
        ("n > :five", False),
        ("n >= :five", True),
        (":ten > n", True),
        ("m.x = :one", True),
        ("m.l[1] > m.l[0]", True),
        ("l[1][0] < n", True),
        ("l[9] = n", False),
        ("l[1][9] = n", False),
        ("m.x.y = n", False),
        ("s.x = n", False),
        ("l.x = n", False),
        ("m[0] = n", False),
        # Another type is unequal, and in no order.
        ("n = :a", False),
        ("n <> :a", True),
        ("n < :a", False),
        ("not n < :a", True),
        ("nu < n", False),
        ("m.mm < n", False),
        # What is missing equals nothing, not even what is missing too.
        ("zz = zy", False),
        ("zz <> zy", True),
        ("zz <> :one", True),
        ("zz < :one", False),
        ("zz between :one and :ten", False),
        ("not zz between :one and :ten", True),
        ("zz in (zy, :one)", False),
        ("ss = :ba", True),
        ("l[2] = :qp", True),
        ("nu = :null", True),
        ("bo = :false", False),
        ("m.mm = :m", True),
        ("n between :one and :ten", True),
        ("n between :five and :five", True),
        ("n between :one and :three", False),
        ("n between m.x and :ten", True),
        ("s between :a and :h", False),
        ("n in (:one, :five)", True),
        ("n in (:a)", False),
        ("attribute_exists(n)", True),
        ("attribute_exists(nu)", True),
        ("attribute_exists(m.x)", True),
        ("attribute_exists(l[2])", True),
        ("attribute_exists(l[3])", False),
        ("attribute_not_exists(zz)", True),
        ("attribute_not_exists(m.zz)", True),
        ("attribute_type(n, :tn)", True),
        ("attribute_type(nu, :tnull)", True),
        ("attribute_type(s, :tn)", False),
        ("attribute_type(zz, :tn)", False),
        ("begins_with(s, :h)", True),
        ("begins_with(s, :e)", True),
        ("begins_with(s, :a)", False),
        ("begins_with(b, :ab)", True),
        ("begins_with(n, :h)", False),
        ("begins_with(zz, :h)", False),
        ("contains(s, :h)", True),
        ("contains(s, :e)", True),
        ("contains(s, :one)", False),
        ("contains(b, :bc)", True),
        ("contains(ss, :a)", True),
        ("contains(ss, :h)", False),
        ("contains(ns, :one)", True),
        ("contains(ns, :a)", False),
        ("contains(l, :a)", True),
        ("contains(l, :zero)", True),
        ("contains(l, :qp)", True),
        ("contains(l, l[0])", True),
        ("contains(n, :five)", False),
        ("contains(zz, :five)", False),
        ("contains(s, zz)", False),
        ("size(s) = :four", True),
        ("size(e) < :one", True),
        ("size(b) = :three", True),
        ("size(ss) > :one", True),
        ("size(m) = :three", True),
        ("size(l) = :three", True),
        ("size(:a) = :one", True),
        ("size(n) = :one", False),
        ("size(n) <> :one", True),
        ("size(zz) = :one", False),
        ("n = :five and s = :h or bo = :false", False),
        ("n = :five or s = :h and bo = :false", True),
        ("(n = :five or s = :h) and bo = :false", False),
        ("not n = :five or n = :five", True),
        ("not (n = :five or n = :ten)", False),
        ("n = :five and n > :one and n < :ten", True),
        ("n = :ten or n = :one or n = :five", True),
    ],
)
def test_holds(text: str, holds: bool) -> None:
    values = {name: VALUES[name] for name in VALUES if re.search(rf"{name}\b", text)}
    placeholders = Placeholders(None, values or None)
    bound = condition(text, placeholders)
    placeholders.finish()
    assert bound.holds(ITEM) is holds


def test_no_item_is_an_empty_one() -> None:
    assert condition("attribute_not_exists(pk)", Placeholders()).holds(None)
    assert not condition("attribute_exists(pk)", Placeholders()).holds(None)


def test_aliases_stand_for_any_name() -> None:
    placeholders = Placeholders({"#a": "my.name-1", "#b": "#c"}, {":v": {"S": "x"}})
    bound = condition("#a.#b = :v", placeholders)
    placeholders.finish()
    assert bound.holds({"my.name-1": {"M": {"#c": {"S": "x"}}}})
    assert bound.top_level == ("my.name-1",)


def test_one_text_with_other_names_is_another_condition() -> None:
    for name in ("a", "b"):
        bound = condition("attribute_exists(#n)", Placeholders({"#n": name}))
        assert bound.holds({name: {"S": ""}})
        assert not bound.holds({})


def test_the_attributes_looked_at_in_order() -> None:
    bound = condition("b.x = c and size(a[0]) < b", Placeholders())
    assert bound.top_level == ("b", "c", "a")


def test_a_condition_from_trees() -> None:
    tree = And(
        (
            Compare("=", Path(("name",)), Value("0")),
            Function("attribute_exists", (Path(("list", 1)),)),
        )
    )
    bound = condition_of(tree, {"0": {"S": "x"}})
    assert bound.holds({"name": {"S": "x"}, "list": {"L": [{"S": ""}, {"S": ""}]}})
    assert not bound.holds({"name": {"S": "x"}, "list": {"L": [{"S": ""}]}})
