"""Filter patterns for JSON: comparisons of properties, joined by && and ||, with parentheses.

{ $.a.b[0] = "x*" }   { ($.status >= 500) && ($.path = %^/api%) }   { $.users[*].id = 1 }
{ $.a IS NULL }       { $.b NOT EXISTS }                            { $.['a.b'] IS TRUE }
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from jedlik.services.logs.errors import invalid
from jedlik.services.logs.matching import REGEXES_MAX, Found, Pattern, comparison

DEPTH_MAX = 50  # of brackets in each other; unverified
_TOKEN = re.compile(
    r"""\s*(?:(?P<path>\$(?:\.?\[(?:'[^']*'|"[^"]*"|\d+|\*)\]|\.(?:\*|[A-Za-z_][\w-]*))+)"""
    r"""|(?P<word>IS\s+NULL|IS\s+TRUE|IS\s+FALSE|NOT\s+EXISTS)(?![\w-])"""
    r"""|(?P<sign>!=|<=|>=|=|<|>)|(?P<join>&&|\|\||\(|\))"""
    r"""|(?P<value>"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|[^\s()&|=<>!]+))"""
)
_STEP = re.compile(r"""\.?\[(?:'([^']*)'|"([^"]*)"|(\d+)|(\*))\]|\.(?:(\*)|([A-Za-z_][\w-]*))""")
Test = Callable[[Any], bool]


def json_pattern(text: str) -> Pattern:
    """Raises InvalidParameterException."""
    if not text.endswith("}"):
        raise invalid("Invalid filter pattern")
    parser = _Parser(text[1:-1])
    test = parser.whole()

    def matches(message: str) -> Found | None:
        try:
            document = orjson.loads(message)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(document, dict | list) or not test(document):
            return None
        extracted = {}
        for path in parser.paths:
            value = next(values_of(document, path), None)
            if value is not None:
                extracted[path] = _text(value)
        return Found(extracted, lambda selector: next(values_of(document, selector), None))

    return matches


def values_of(document: Any, path: str) -> Iterator[Any]:
    """The values of a selector; several only where it has a wildcard."""
    steps = [
        (single or double or name, number, bool(any_of or any_member))
        for single, double, number, any_of, any_member, name in _STEP.findall(path)
    ]
    found = [document]
    for name, number, wild in steps:
        next_found: list[Any] = []
        for each in found:
            if wild:
                if isinstance(each, dict):
                    next_found += each.values()
                elif isinstance(each, list):
                    next_found += each
            elif number and isinstance(each, list):
                next_found += each[int(number) : int(number) + 1]
            elif not number and isinstance(each, dict) and name in each:
                next_found.append(each[name])
        found = next_found
    yield from found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class _Parser:
    """Reads the inside of the braces. paths: the selectors in it."""

    def __init__(self, text: str) -> None:
        self.paths: list[str] = []
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise invalid("Invalid filter pattern")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        regexes = [text for kind, text in self._tokens if kind == "value" and text[0] == "%"]
        if len(regexes) > REGEXES_MAX:
            raise invalid("Invalid filter pattern")
        self._tokens.reverse()
        self._depth = 0

    def whole(self) -> Test:
        test = self._any()
        if self._tokens:
            raise invalid("Invalid filter pattern")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._took("||"):
            tests.append(self._all())
        return lambda document: any(each(document) for each in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._took("&&"):
            tests.append(self._one())
        return lambda document: all(each(document) for each in tests)

    def _one(self) -> Test:
        if self._took("("):
            self._depth += 1
            test = self._any() if self._depth <= DEPTH_MAX else None
            if test is None or not self._took(")"):
                raise invalid("Invalid filter pattern")
            self._depth -= 1
            return test
        path = self._next("path")
        if path not in self.paths:
            self.paths.append(path)
        if self._tokens and self._tokens[-1][0] == "word":
            return _state(path, " ".join(self._next("word").split()))
        compares = comparison(self._next("sign"), self._next("value"))
        return lambda document: any(compares(value) for value in values_of(document, path))

    def _took(self, join: str) -> bool:
        if self._tokens and self._tokens[-1] == ("join", join):
            self._tokens.pop()
            return True
        return False

    def _next(self, kind: str) -> str:
        if not self._tokens or self._tokens[-1][0] != kind:
            raise invalid("Invalid filter pattern")
        return self._tokens.pop()[1]


def _state(path: str, word: str) -> Test:
    if word == "NOT EXISTS":
        return lambda document: not any(True for _ in values_of(document, path))
    expected = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}[word]
    return lambda document: any(value is expected for value in values_of(document, path))
