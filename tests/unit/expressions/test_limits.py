"""Limits of expressions, and that nothing a client can write breaks the parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jedlik.tables.expressions import Placeholders, condition, projection, update
from jedlik.values import Invalid

ONE = {":a": {"N": "1"}}
REDUNDANT = "The expression has redundant parentheses;"
TOO_MANY = "The expression contains too many operators; operator count: 301"


def refusal(text: str, read: Callable[..., Any] = condition) -> str | None:
    placeholders = Placeholders(None, dict(ONE))
    try:
        read(text, placeholders)
    except Invalid as refused:
        return refused.message.partition(": ")[2]
    return None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" and ".join(["a = :a"] * 150), None),
        (" and ".join(["a = :a"] * 151), TOO_MANY),
        (" or ".join(["attribute_exists(a)"] * 151), TOO_MANY),
        (" and ".join(["a in (:a)"] * 151), TOO_MANY),
        (" and ".join(["a between :a and :a"] * 150), None),
        (" and ".join(["size(a) = :a"] * 100), None),
        (" and ".join(["size(a) = :a"] * 101), TOO_MANY),
        ("not " * 299 + "a = :a", None),
        ("not " * 300 + "a = :a", TOO_MANY),
        ("not " * 1000 + "a = :a", TOO_MANY),
        ("(not " * 299 + "a = :a" + ")" * 299, None),
        ("(a = :a and " * 149 + "a = :a" + ")" * 149, None),
        ("(" * 600 + "a = :a" + ")" * 600, REDUNDANT),
        ("(" * 2000 + "a = :a" + ")" * 2000, REDUNDANT),
        ("a = " + "(" * 2000 + ":a" + ")" * 2000, REDUNDANT),
        (
            "size(" * 100 + "a" + ")" * 100 + " = :a",
            "Incorrect operand type for operator or function; "
            "operator or function: size, operand type: N",
        ),
        ("size(" * 500 + "a" + ")" * 500 + " = :a", TOO_MANY),
        ("a in (" + ", ".join([":a"] * 100) + ")", None),
        (
            "a in (" + ", ".join([":a"] * 101) + ")",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        ("a" + ".b" * 31 + " = :a", None),
        (
            "a" + ".b" * 32 + " = :a",
            "The document path has too many nesting levels; nesting levels: 33",
        ),
        (
            "a" + "[0]" * 32 + " = :a",
            "The document path has too many nesting levels; nesting levels: 33",
        ),
        ("a = :a" + " " * 4090, None),
        (
            "a = :a" + " " * 4091,
            "Expression size has exceeded the maximum allowed size; expression size: 4097",
        ),
        (
            "é" * 2049,
            "Expression size has exceeded the maximum allowed size; expression size: 4098",
        ),
    ],
    ids=lambda given: given[:30] if given else "accepted",
)
def test_limits_of_conditions(text: str, message: str | None) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("set " + ",".join(f"a{n} = b + :a" for n in range(300)), None),
        ("set " + ",".join(f"a{n}=b+:a" for n in range(301)), TOO_MANY),
        ("set " + ",".join(f"a{n}=:a" for n in range(400)), None),
        ("remove " + ",".join(f"a{n}" for n in range(600)), None),
        (
            "set a = " + "if_not_exists(b," * 240 + ":a" + ")" * 240,
            None,
        ),
        ("set a = " + "(" * 2000 + ":a" + ")" * 2000, REDUNDANT),
    ],
    ids=lambda given: given[:30] if given else "accepted",
)
def test_limits_of_updates(text: str, message: str | None) -> None:
    assert refusal(text, update) == message


def test_the_deepest_conditions_evaluate() -> None:
    placeholders = Placeholders(None, dict(ONE))
    deep = condition("(not " * 299 + "a = :a" + ")" * 299, placeholders)
    assert deep.holds({"a": {"N": "1"}}) is False
    deep = condition("(a = :a and " * 149 + "a = :a" + ")" * 149, placeholders)
    assert deep.holds({"a": {"N": "1"}}) is True
    nested = update("set a = " + "if_not_exists(b," * 240 + ":a" + ")" * 240, placeholders)
    assert nested.apply({}) == {"a": {"N": "1"}}


PIECES = st.sampled_from(
    re.findall(
        r"\S+",
        """
    a b.c d[0] #n #x :a :z ( ) [ ] , . = <> < <= > >= + - and or not in between set add remove
    delete size begins_with contains attribute_exists if_not_exists list_append name 1 0 $ é
        """,
    )
)
READERS = st.sampled_from((condition, projection, update))


@settings(max_examples=400)
@given(READERS, st.lists(PIECES, max_size=14).map(" ".join) | st.text(max_size=20))
def test_any_text_is_read_or_refused(read: Callable[..., Any], text: str) -> None:
    placeholders = Placeholders({"#n": "name"}, {":a": {"N": "1"}})
    try:
        bound = read(text, placeholders)
    except Invalid as refused:
        assert refused.message.startswith("Invalid ")
        return
    item = {"a": {"N": "1"}, "b": {"M": {"c": {"L": []}}}, "d": {"L": [{"S": "x"}]}}
    try:
        bound.holds(item) if read is condition else bound.apply(item)
    except Invalid:
        assert read is update
