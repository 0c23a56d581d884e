"""SEARCH expressions: which metrics they mean.

    ' {AWS/DynamoDB,TableName} MetricName="ConsumedReadCapacityUnits" (prod OR stage) NOT test '

Braces: the namespace and exactly these dimensions. `Key="text"`: equal; `Key=text` and single
words: every part of the word is a part of the name (user guide, "CloudWatch search expression
syntax"). Words side by side are joined by AND.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from jedlik.services.cloudwatch.expressions import BadExpression
from jedlik.services.cloudwatch.limits import EXPRESSION_DEPTH_MAX
from jedlik.tables.measurements import Metric

Matches = Callable[[Metric], bool]

_SCHEMA = re.compile(r"\s*\{([^}]*)\}")
_TOKEN = re.compile(
    r'\s*(?:([()])|((?:"[^"]*"|[^\s()="\\]+)\s*=\s*(?:"[^"]*"|[^\s()"]+))|("[^"]*")|([^\s()"]+))'
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Search:
    """namespace: "" if the expression does not name one."""

    namespace: str
    matches: Matches


def parse_search(text: str) -> Search:
    """What a SEARCH expression's first argument means. Raises BadExpression."""
    schema = _SCHEMA.match(text)
    namespace, names = "", None
    if schema is not None:
        parts = [part.strip().strip('"') for part in schema[1].split(",")]
        namespace, names = parts[0], sorted(parts[1:])
        text = text[schema.end() :]
    terms = _Terms(text).whole()

    def matches(metric: Metric) -> bool:
        if namespace and metric.namespace != namespace:
            return False
        if names is not None and [name for name, _ in metric.dimensions] != names:
            return False
        return terms(metric)

    return Search(namespace, matches)


class _Terms:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        self._at = 0
        self._depth = 0
        at, text = 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise BadExpression(f"Unexpected '{text[at:][:20]}' in SEARCH")
            self._tokens.append(match[0].strip())
            at = match.end()

    def whole(self) -> Matches:
        if not self._tokens:
            return lambda metric: True
        found = self._or()
        if self._at < len(self._tokens):
            raise BadExpression("Unbalanced parentheses in SEARCH")
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _or(self) -> Matches:
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH_MAX:
            raise BadExpression("The SEARCH expression nests too deep")
        options = [self._and()]
        while self._peek().upper() == "OR":
            self._at += 1
            options.append(self._and())
        self._depth -= 1
        return lambda metric: any(option(metric) for option in options)

    def _and(self) -> Matches:
        needed = [self._not()]
        while self._peek() not in ("", ")") and self._peek().upper() != "OR":
            if self._peek().upper() == "AND":
                self._at += 1
            needed.append(self._not())
        return lambda metric: all(need(metric) for need in needed)

    def _not(self) -> Matches:
        token = self._peek()
        if not token or token == ")":
            raise BadExpression("The SEARCH expression ends too early")
        self._at += 1
        if token.upper() == "NOT":
            inner = self._not()
            return lambda metric: not inner(metric)
        if token == "(":
            found = self._or()
            if self._peek() != ")":
                raise BadExpression("Unbalanced parentheses in SEARCH")
            self._at += 1
            return found
        return _term(token)


def _term(token: str) -> Matches:
    if "=" in token and not (token.startswith('"') and token.endswith('"') and '"=' not in token):
        key, _, wanted = token.partition("=")
        key, wanted = key.strip().strip('"'), wanted.strip()
        return _keyed(key, wanted)
    if token.startswith('"'):
        text = token.strip('"')
        return lambda metric: any(text in name for name in _names(metric))
    parts = _parts(token)
    return lambda metric: parts <= set().union(*(_parts(name) for name in _names(metric)))


def _keyed(key: str, wanted: str) -> Matches:
    exact, text = wanted.startswith('"'), wanted.strip('"')
    parts = _parts(text)

    def matches(metric: Metric) -> bool:
        value = _property(metric, key)
        if value is None:
            return False
        return value == text if exact else parts <= _parts(value)

    return matches


def _property(metric: Metric, key: str) -> str | None:
    if key == "MetricName":
        return metric.name
    if key == "Namespace":
        return metric.namespace
    return dict(metric.dimensions).get(key)


def _names(metric: Metric) -> list[str]:
    found = [metric.namespace, metric.name]
    for name, value in metric.dimensions:
        found += (name, value)
    return found


def _parts(text: str) -> set[str]:
    """The pieces of a name: cut at case and at all that is no letter or digit, in lower case."""
    return {part.lower() for part in _PARTS.findall(text)} or {text.lower()}
