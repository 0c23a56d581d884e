"""What updates do to an item, in AWS's words where they cannot, and what they leave alone."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jedlik.tables.expressions import Placeholders, update, update_of
from jedlik.tables.expressions.syntax import Action, Arithmetic, Path, Section, Value
from jedlik.values import Invalid, check_item

ITEM: dict[str, Any] = {
    "m": {
        "M": {
            "x": {"N": "1"},
            "l": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]},
            "mm": {"M": {"y": {"S": "q"}}},
        }
    },
    "l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}, {"L": [{"N": "0"}]}]},
    "n": {"N": "5"},
    "s": {"S": "text"},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "ll": {"L": [{"SS": ["a"]}, {"N": "1"}]},
}
VALUES: dict[str, Any] = {
    ":1": {"N": "1"},
    ":5": {"N": "5"},
    ":s": {"S": "x"},
    ":l": {"L": [{"N": "9"}]},
    ":a": {"SS": ["a"]},
    ":ab": {"SS": ["b", "a"]},
    ":c": {"SS": ["c"]},
    ":n1": {"NS": ["1"]},
    ":big": {"N": "9" * 38},
    ":max": {"N": "9" + "0" * 125},
}
PATH = "The document path provided in the update expression is invalid for update"
MISSING = "The provided expression refers to an attribute that does not exist in the item"
TYPE = "An operand in the update expression has an incorrect data type"
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)


def apply(text: str, item: dict[str, Any] = ITEM) -> dict[str, Any]:
    """The new item; the old one must be as it was."""
    values = {name: VALUES[name] for name in VALUES if re.search(rf"{name}\b", text)}
    placeholders = Placeholders(None, values or None)
    bound = update(text, placeholders)
    placeholders.finish()
    before = copy.deepcopy(item)
    try:
        return bound.apply(item)
    finally:
        assert item == before


def list_of(*texts: str) -> dict[str, Any]:
    return {"L": [{"S": text} for text in texts]}


LETTERS = {"l": list_of("a", "b", "c", "d")}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET z = :1", {"z": {"N": "1"}}),
        ("SET n = :s", {"n": {"S": "x"}}),
        ("SET n = n + :1, z = n", {"n": {"N": "6"}, "z": {"N": "5"}}),
        ("SET n = :1 - n", {"n": {"N": "-4"}}),
        ("SET n = (n + :1)", {"n": {"N": "6"}}),
        ("SET n = m.l[0] + m.l[1]", {"n": {"N": "3"}}),
        ("SET n = if_not_exists(n, :1) + :1", {"n": {"N": "6"}}),
        ("SET z = if_not_exists(z, :1) + :1", {"z": {"N": "2"}}),
        ("SET z = if_not_exists(z.y, s)", {"z": {"S": "text"}}),
        ("SET z = list_append(m.l, :l)", {"z": {"L": [{"N": n} for n in "1239"]}}),
        ("SET z = list_append(if_not_exists(z, :l), :l)", {"z": {"L": [{"N": "9"}] * 2}}),
        ("SET s = n, n = s", {"s": {"N": "5"}, "n": {"S": "text"}}),
        ("SET m = :1, z = m.x", {"m": {"N": "1"}, "z": {"N": "1"}}),
        ("REMOVE n, z", {"n": None}),
        ("ADD n :1", {"n": {"N": "6"}}),
        ("ADD z :1", {"z": {"N": "1"}}),
        ("ADD z :a", {"z": {"SS": ["a"]}}),
        ("ADD ss :c", {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD ss :ab", {}),
        ("DELETE ss :a", {"ss": {"SS": ["b"]}}),
        ("DELETE ss :c", {}),
        ("DELETE ss :ab", {"ss": None}),
        ("DELETE z :ab", {}),
        (
            "SET z = :1 REMOVE s ADD n :5 DELETE ns :n1",
            {"z": {"N": "1"}, "s": None, "n": {"N": "10"}, "ns": {"NS": ["2"]}},
        ),
        (
            "SET ll[0] = :1, ll[5] = ll[0]",
            {"ll": {"L": [{"N": "1"}, {"N": "1"}, {"SS": ["a"]}]}},
        ),
        ("DELETE ll[0] :a", {"ll": {"L": [{"N": "1"}]}}),
        ("DELETE ll[9] :a", {}),
        ("ADD ll[0] :c", {"ll": {"L": [{"SS": ["a", "c"]}, {"N": "1"}]}}),
        ("ADD ll[9] :1", {"ll": {"L": [{"SS": ["a"]}, {"N": "1"}, {"N": "1"}]}}),
    ],
)
def test_changes(text: str, changed: dict[str, Any]) -> None:
    wanted = {name: value for name, value in {**ITEM, **changed}.items() if value is not None}
    assert apply(text) == wanted


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("SET l[1] = :s", "axcd"),
        ("SET l[9] = :s", "abcdx"),
        ("SET l[1] = :s REMOVE l[0]", "xcd"),
        ("REMOVE l[0]", "bcd"),
        ("REMOVE l[0], l[2]", "bd"),
        ("REMOVE l[2], l[0]", "bd"),
        ("REMOVE l[9]", "abcd"),
        ("REMOVE l[0] SET l[9] = :s", "bcdx"),
        # Beyond the end in the old item, so nothing to remove, whatever SET appends.
        ("REMOVE l[4] SET l[9] = :s", "abcdx"),
        ("SET l[0] = l[1], l[1] = l[0]", "bacd"),
        ("SET l[9] = l[0], l[7] = l[1], l[8] = l[2]", "abcdbca"),
    ],
)
def test_lists(text: str, elements: str) -> None:
    assert apply(text, LETTERS) == {"l": list_of(*elements)}


def test_nested_changes_leave_their_neighbours() -> None:
    new = apply("SET m.l[0] = :5, m.mm.z = :s REMOVE m.l[1] ADD m.x :5")
    assert new["m"] == {
        "M": {
            "x": {"N": "6"},
            "l": {"L": [{"N": "5"}, {"N": "3"}]},
            "mm": {"M": {"y": {"S": "q"}, "z": {"S": "x"}}},
        }
    }
    assert new["l"] is ITEM["l"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("REMOVE l[0], l[1].k", [{}, {"k": 2}, {"k": 3}]),
        ("REMOVE l[1].k, l[0]", [{}, {"k": 2}, {"k": 3}]),
        ("REMOVE l[1], l[3].k, l[2].k, l[0]", [{}, {}]),
        ("REMOVE l[3].k, l[3].z, l[2]", [{"k": 0}, {"k": 1}, {}]),
        ("REMOVE l[0] SET l[1].k = :5", [{"k": 5}, {"k": 2}, {"k": 3}]),
    ],
)
def test_what_goes_from_an_element_goes_from_the_one_that_was_meant(text, left) -> None:
    """Positions are those of the item as it was, whatever else goes from the list."""

    def rows(*contents: dict[str, int]) -> dict[str, Any]:
        members = ({name: {"N": str(n)} for name, n in content.items()} for content in contents)
        return {"l": {"L": [{"M": content} for content in members]}}

    assert apply(text, rows({"k": 0}, {"k": 1}, {"k": 2}, {"k": 3})) == rows(*left)


def test_sets_emptied_in_an_element_go_before_the_elements_in_front_of_it() -> None:
    rows = {"l": {"L": [{"N": "0"}, {"M": {"s": {"NS": ["1"]}}}, {"M": {"s": {"NS": ["2"]}}}]}}
    new = apply("REMOVE l[0] DELETE l[1].s :n1", rows)
    assert new == {"l": {"L": [{"M": {}}, {"M": {"s": {"NS": ["2"]}}}]}}


def test_a_value_copied_and_changed_is_changed_in_one_place() -> None:
    item = {"a": {"M": {"x": {"N": "1"}}}}
    new = apply("SET b = a, a.x = :5", item)
    assert new == {"a": {"M": {"x": {"N": "5"}}}, "b": {"M": {"x": {"N": "1"}}}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET z.y = :1", PATH),
        ("SET z[0] = :1", PATH),
        ("SET n.x = :1", PATH),
        ("SET n[0] = :1", PATH),
        ("SET m[0] = :1", PATH),
        ("SET l.x = :1", PATH),
        ("SET m.z.y = :1", PATH),
        ("SET l[9].x = :1", PATH),
        ("REMOVE z.y", PATH),
        ("REMOVE z[0]", PATH),
        ("REMOVE m.x.y", PATH),
        ("ADD z.y :1", PATH),
        ("DELETE z.y :a", PATH),
        ("SET z.y = zz", PATH),
        ("SET n = z", MISSING),
        ("SET n = z + :1", MISSING),
        ("SET n = list_append(z, :l)", MISSING),
        ("SET n = if_not_exists(z, y)", MISSING),
        ("SET n = if_not_exists(n, y)", MISSING),
        ("SET n = s + :1", TYPE),
        ("SET n = if_not_exists(n, :1) + s", TYPE),
        ("SET n = list_append(n, :l)", TYPE),
        ("ADD s :1", TYPE),
        ("ADD n :a", TYPE),
        ("ADD ss :n1", TYPE),
        ("ADD l[0] :1", TYPE),
        ("DELETE n :n1", TYPE),
        ("DELETE ss :n1", TYPE),
        ("SET n = n + :big", "Attempting to store more than 38 significant digits in a Number"),
        (
            "SET n = :max + :max",
            "Number overflow. "
            "Attempting to store a number with magnitude larger than supported range",
        ),
    ],
)
def test_what_cannot_be_done(text: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        apply(text)
    assert refused.value.message == message


def test_a_result_may_not_be_nested_too_deep() -> None:
    deep: dict[str, Any] = {"N": "1"}
    for _ in range(30):
        deep = {"M": {"a": deep}}
    item = {"deep": deep, "m": {"M": {"m": {"M": {}}}}}
    check_item(apply("SET m.x = deep", item))
    with pytest.raises(Invalid) as refused:
        apply("SET m.m.x = deep", item)
    assert refused.value.message == TOO_DEEP


@pytest.mark.parametrize("text", ["SET pk = :1", "REMOVE pk", "ADD pk :1", "SET a = :1, pk.x = :1"])
def test_key_attributes_stay(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        update(text, Placeholders(None, {":1": {"N": "1"}}), key_names=("sk", "pk"))
    assert refused.value.message == (
        "One or more parameter values were invalid: "
        "Cannot update attribute pk. This attribute is part of the key"
    )


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("SET n = :1", {"n": {"N": "5"}}, {"n": {"N": "1"}}),
        ("SET z = :1", {}, {"z": {"N": "1"}}),
        ("REMOVE n", {"n": {"N": "5"}}, {}),
        ("ADD n :1", {"n": {"N": "5"}}, {"n": {"N": "6"}}),
        ("DELETE ss :ab", {"ss": {"SS": ["a", "b"]}}, {}),
        ("SET m.x = :5", {"m": {"M": {"x": {"N": "1"}}}}, {"m": {"M": {"x": {"N": "5"}}}}),
        ("SET m.z = :5", {}, {"m": {"M": {"z": {"N": "5"}}}}),
        ("SET l[1] = :s", {"l": list_of("b")}, {"l": list_of("x")}),
        ("SET l[2] = :s, l[0] = :s", {"l": list_of("a", "c")}, {"l": list_of("x", "x")}),
        ("SET l[9] = :s", {}, {}),
        ("REMOVE l[0]", {"l": list_of("a")}, {"l": list_of("b")}),
    ],
)
def test_the_touched_parts(text: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    values = {name: VALUES[name] for name in VALUES if re.search(rf"{name}\b", text)}
    bound = update(text, Placeholders(None, values or None))
    assert bound.updated_old(ITEM) == old
    assert bound.updated_new(bound.apply(ITEM)) == new
    assert bound.updated_old(None) == {}


def test_an_update_from_trees() -> None:
    section = Section(
        "SET",
        (
            Action(Path(("name",)), Value("0")),
            Action(Path(("n",)), Arithmetic("+", Path(("n",)), Value("1"))),
        ),
    )
    bound = update_of([section], {"0": {"S": "x"}, "1": {"N": "2"}})
    assert bound.apply({"n": {"N": "1"}}) == {"n": {"N": "3"}, "name": {"S": "x"}}
    assert bound.touched == (("name",), ("n",))
    assert bound.top_level == {"name", "n"}


# A model that is plainly right: one nested container, a dict of lists of numbers.
names = st.sampled_from("abc")
items = st.dictionaries(names, st.lists(st.integers(0, 9), max_size=4), max_size=3)


@given(
    items,
    st.lists(st.tuples(names, st.integers(0, 5)), max_size=3, unique=True),
    st.lists(st.tuples(names, st.integers(0, 5)), max_size=3, unique=True),
)
def test_lists_against_a_model(
    lists: dict[str, list[int]], sets: list[tuple[str, int]], removes: list[tuple[str, int]]
) -> None:
    removes = [place for place in removes if place not in sets]
    sections = []
    if sets:
        sections.append("SET " + ", ".join(f"d.{name}[{at}] = :v" for name, at in sets))
    if removes:
        sections.append("REMOVE " + ", ".join(f"d.{name}[{at}]" for name, at in removes))
    if not sections:
        return
    item = {
        "d": {
            "M": {
                name: {"L": [{"N": str(number)} for number in numbers]}
                for name, numbers in lists.items()
            }
        }
    }
    placeholders = Placeholders(None, {":v": {"N": "77"}} if sets else None)
    bound = update(" ".join(sections), placeholders)
    if any(name not in lists for name, _ in sets + removes):
        with pytest.raises(Invalid) as refused:
            bound.apply(item)
        assert refused.value.message == PATH
        return
    wanted = {}
    for name, numbers in lists.items():
        kept: list[int | None] = list(numbers)
        for _, at in sorted(place for place in sets if place[0] == name):
            if at < len(numbers):
                kept[at] = 77
            else:
                kept.append(77)
        for removed, at in removes:
            if removed == name and at < len(numbers):
                kept[at] = None
        wanted[name] = {"L": [{"N": str(number)} for number in kept if number is not None]}
    assert bound.apply(item) == {"d": {"M": wanted}}
