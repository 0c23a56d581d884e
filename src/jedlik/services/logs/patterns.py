"""Filter patterns for unstructured messages: terms, phrases, alternatives, exclusions, regexes.

    ERROR "not found"      both                ?ERROR ?WARN     at least one of those with "?"
    ERROR -DEBUG           one, not the other  %4[0-9]{2}%      a regular expression
    (nothing)              every message       { $.a = "b" }    a JSON property

Of the patterns for JSON: comparisons (=, !=, <, <=, >, >=, IS NULL, NOT EXISTS) of one property
each, joined by && or ||. Patterns for columns, [a, b], are refused: docs/differences.md.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from typing import Any

import orjson

from jedlik.services.logs.errors import invalid

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"%]+))')
_COMPARISON = re.compile(
    r"\s*\(?\s*\$((?:\.[A-Za-z_][\w-]*|\[\d+\])+)\s*"
    r'(?:(!=|<=|>=|=|<|>)\s*("(?:[^"\\]|\\.)*"|[^\s)&|]+)|(IS\s+NULL|IS\s+TRUE|IS\s+FALSE|'
    r"NOT\s+EXISTS))\s*\)?\s*"
)
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]")
Matches = Callable[[str], bool]


def compiled(pattern: str) -> Matches:
    """Whether a message matches; raises InvalidParameterException for no pattern."""
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        return _json_pattern(text)
    if text.startswith("["):
        raise invalid("Patterns for space-delimited events are not supported yet")
    return _terms(text)


def _terms(text: str) -> Matches:
    wanted: list[Matches] = []
    either: list[Matches] = []
    unwanted: list[Matches] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise invalid("Invalid filter pattern")
        at = found.end()
        sign, phrase, regex, word = found.groups()
        into = {"": wanted, "?": either, "-": unwanted}[sign]
        if regex is not None:
            into.append(_searching(regex))
        else:
            plain = re.sub(r"\\(.)", r"\1", phrase) if phrase is not None else word
            into.append(lambda message, plain=plain: plain in message)  # type: ignore[misc]

    def matches(message: str) -> bool:
        return (
            all(each(message) for each in wanted)
            and (not either or bool(wanted) or any(each(message) for each in either))
            and not any(each(message) for each in unwanted)
        )

    return matches


def _searching(regex: str) -> Matches:
    try:
        expression = re.compile(regex)
    except re.error as fault:
        raise invalid("Invalid regular expression in filter pattern") from fault
    return lambda message: expression.search(message) is not None


def _json_pattern(text: str) -> Matches:
    if not text.endswith("}"):
        raise invalid("Invalid filter pattern")
    body = text[1:-1]
    any_of: list[list[Callable[[Any], bool]]] = [[]]
    at = 0
    while True:
        found = _COMPARISON.match(body, at)
        if found is None:
            raise invalid("Invalid filter pattern")
        any_of[-1].append(_comparison(found))
        at = found.end()
        if at >= len(body):
            break
        joined = body[at : at + 2]
        if joined == "||":
            any_of.append([])
        elif joined != "&&":
            raise invalid("Invalid filter pattern")
        at += 2

    def matches(message: str) -> bool:
        try:
            document = orjson.loads(message)
        except orjson.JSONDecodeError:
            return False
        return any(all(each(document) for each in group) for group in any_of)

    return matches


_MISSING = object()


def _comparison(found: re.Match[str]) -> Callable[[Any], bool]:
    path, operator, given, word = found.groups()
    steps = [(name, int(number) if number else 0) for name, number in _STEP.findall(path)]

    def value_of(document: Any) -> Any:
        for name, number in steps:
            try:
                document = document[name] if name else document[number]
            except (KeyError, IndexError, TypeError):
                return _MISSING
        return document

    if word is not None:
        kind = " ".join(word.split())
        expected = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False, "NOT EXISTS": _MISSING}
        return lambda document: value_of(document) is expected[kind]
    if given.startswith('"') or operator in ("=", "!="):
        plain = given[1:-1].replace('\\"', '"') if given.startswith('"') else given
        return _equality(value_of, operator, plain)
    try:
        bound = float(given)
    except ValueError:
        raise invalid("Invalid filter pattern") from None

    def compares(document: Any) -> bool:
        value = value_of(document)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return {
            "<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound
        }[operator]  # fmt: skip

    return compares


def _equality(value_of: Callable[[Any], Any], operator: str, plain: str) -> Callable[[Any], bool]:
    """`*` stands for any characters; numbers compare as numbers."""
    if operator not in ("=", "!="):
        raise invalid("Invalid filter pattern")
    try:
        number: float | None = float(plain)
    except ValueError:
        number = None
    glob = re.compile(fnmatch.translate(plain.replace("[", "[[]").replace("?", "[?]")))

    def equal(document: Any) -> bool:
        value = value_of(document)
        if value is _MISSING:
            return False
        if isinstance(value, int | float) and not isinstance(value, bool):
            same = number is not None and value == number
        else:
            same = isinstance(value, str) and glob.match(value) is not None
        return same == (operator == "=")

    return equal
