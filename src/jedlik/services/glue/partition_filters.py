"""Expressions of GetPartitions: comparisons of partition keys, with AND, OR and NOT.

    year = '2024' AND (month > 3 OR region IN ('eu', 'us'))

Keys of whole-number types compare as numbers, others as text.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from jedlik.services.glue.errors import invalid

_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d+)?)|'((?:[^']|'')*)'|([A-Za-z_]\w*)|(<=|>=|<>|!=|[=<>(),]))"
)
_NUMBERS = {"tinyint", "smallint", "int", "integer", "bigint", "long", "decimal", "double", "float"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

DEPTH_MAX = 50  # of brackets and NOTs in each other; unverified

Test = Callable[[Mapping[str, str]], bool]


def parse_filter(text: str, kinds: Mapping[str, str]) -> Test:
    """A test of a partition's values by key. kinds: the types of the keys by name.

    Raises InvalidInputException.
    """
    return _Parser(text, kinds).whole()


class _Parser:
    def __init__(self, text: str, kinds: Mapping[str, str]) -> None:
        self._kinds = {name.lower(): kind.lower().partition("(")[0] for name, kind in kinds.items()}
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._refused()
            number, quoted, word, sign = found.groups()
            if quoted is not None:
                self._tokens.append(("text", quoted.replace("''", "'")))
            else:
                kind = "number" if number else "word" if word else "sign"
                self._tokens.append((kind, number or word or sign))
            at = found.end()
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        test = self._any()
        if self._at != len(self._tokens):
            raise self._refused()
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._word("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._word("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._refused()
        test = self._inner()
        self._depth -= 1
        return test

    def _inner(self) -> Test:
        if self._word("NOT"):
            test = self._one()
            return lambda row: not test(row)
        if self._sign("("):
            test = self._any()
            self._need(")")
            return test
        kind, name = self._next()
        name = name.lower()
        if kind != "word" or name not in self._kinds:
            raise self._refused()
        return self._comparison(name)

    def _comparison(self, name: str) -> Test:
        negated = self._word("NOT")
        if self._word("IN"):
            self._need("(")
            wanted = [self._value(name)]
            while self._sign(","):
                wanted.append(self._value(name))
            self._need(")")
            return lambda row: (self._read(name, row[name]) in wanted) is not negated
        if self._word("BETWEEN"):
            low = self._value(name)
            if not self._word("AND"):
                raise self._refused()
            high = self._value(name)
            return lambda row: (low <= self._read(name, row[name]) <= high) is not negated
        if self._word("LIKE"):
            pattern = re.escape(str(self._value(name))).replace("%", ".*").replace("_", ".")
            like = re.compile(pattern, re.DOTALL)
            return lambda row: (like.fullmatch(row[name]) is not None) is not negated
        sign = self._next()[1]
        if negated or sign not in _COMPARE:
            raise self._refused()
        compare, value = _COMPARE[sign], self._value(name)
        return lambda row: compare(self._read(name, row[name]), value)

    def _value(self, name: str) -> Any:
        kind, text = self._next()
        if kind == "word" and text.upper() in ("DATE", "TIMESTAMP"):
            kind, text = self._next()
        if kind not in ("text", "number"):
            raise self._refused()
        return self._read(name, text)

    def _read(self, name: str, text: str) -> Any:
        if self._kinds[name] not in _NUMBERS:
            return text
        try:
            return Decimal(text)
        except InvalidOperation:
            raise self._refused() from None

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._refused()
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self, word: str) -> bool:
        return self._take("word", word)

    def _sign(self, sign: str) -> bool:
        return self._take("sign", sign)

    def _take(self, kind: str, text: str) -> bool:
        if self._at < len(self._tokens):
            found = self._tokens[self._at]
            if found[0] == kind and found[1].upper() == text:
                self._at += 1
                return True
        return False

    def _need(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._refused()

    def _refused(self) -> Exception:
        return invalid("Unsupported expression")  # unverified
