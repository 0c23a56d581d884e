"""Metric math's grammar: the text of an expression becomes a tree, without looking at data.

    expression := or; or := and (("OR"|"||") and)*; and := compared (("AND"|"&&") compared)*
    compared := sum (("==" …) sum)*; sum := product (("+"|"-") product)*
    product := power (("*"|"/") power)*; power := unary ("^" power)?; unary := "-" unary | atom
    atom := number | 'text' | "text" | name | name "(" expression, … ")" | "[" … "]" | "(" … ")"

User guide, "Using math expressions with CloudWatch metrics".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jedlik.services.cloudwatch.limits import EXPRESSION_DEPTH_MAX

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\""
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^()\[\],<>]))"
)
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")


class BadExpression(Exception):
    """The text is no expression, or it cannot be evaluated; the message tells why."""


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A metric or another expression, by its id."""

    value: str


@dataclass(frozen=True, slots=True)
class Listed:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """function: in capitals."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """sign: + - * / ^, a comparison, AND or OR."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negated:
    operand: Node


Node = Number | Text | Name | Listed | Call | Binary | Negated


def parse(text: str) -> Node:
    """The tree of an expression. Raises BadExpression."""
    return _Parser(text).whole()


def names_in(node: Node) -> set[str]:
    """The ids that an expression mentions."""
    if isinstance(node, Name):
        return {node.value}
    return set().union(*(names_in(each) for each in _below(node)))


def calls_in(node: Node) -> set[str]:
    """The functions that an expression calls."""
    own = {node.function} if isinstance(node, Call) else set()
    return own.union(*(calls_in(each) for each in _below(node)))


def _below(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Listed):
        return node.items
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Binary):
        return (node.left, node.right)
    return (node.operand,) if isinstance(node, Negated) else ()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        found = self._or()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return found

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > EXPRESSION_DEPTH_MAX:
            raise BadExpression("The expression nests too deep")
        found = self._and()
        while self._word("OR", "||"):
            found = Binary("OR", found, self._and())
        self._depth -= 1
        return found

    def _and(self) -> Node:
        found = self._compared()
        while self._word("AND", "&&"):
            found = Binary("AND", found, self._compared())
        return found

    def _compared(self) -> Node:
        found = self._sum()
        while sign := self._sign(*COMPARISONS):
            found = Binary(sign, found, self._sum())
        return found

    def _sum(self) -> Node:
        found = self._product()
        while sign := self._sign("+", "-"):
            found = Binary(sign, found, self._product())
        return found

    def _product(self) -> Node:
        found = self._power()
        while sign := self._sign("*", "/"):
            found = Binary(sign, found, self._power())
        return found

    def _power(self) -> Node:
        found = self._unary()
        if self._sign("^"):
            self._depth += 1
            if self._depth > EXPRESSION_DEPTH_MAX:
                raise BadExpression("The expression nests too deep")
            found = Binary("^", found, self._power())
            self._depth -= 1
        return found

    def _unary(self) -> Node:
        negative = False
        while self._sign("-"):
            negative = not negative
        found = self._atom()
        return Negated(found) if negative else found

    def _atom(self) -> Node:
        if self._at >= len(self._tokens):
            raise BadExpression("The expression ends too early")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return Number(float(text))
        if kind in ("single", "double"):
            return Text(text)
        if kind == "name":
            if self._sign("("):
                return Call(text.upper(), self._until(")"))
            if text.upper() in ("TRUE", "FALSE"):
                return Number(float(text.upper() == "TRUE"))
            return Name(text)
        if text == "(":
            found = self._or()
            self._expect(")")
            return found
        if text == "[":
            return Listed(self._until("]"))
        self._at -= 1
        raise self._unexpected()

    def _until(self, end: str) -> tuple[Node, ...]:
        if self._sign(end):
            return ()
        found = [self._or()]
        while self._sign(","):
            found.append(self._or())
        self._expect(end)
        return tuple(found)

    def _sign(self, *signs: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at] in [("sign", s) for s in signs]:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _word(self, word: str, sign: str) -> bool:
        if self._sign(sign):
            return True
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind == "name" and text.upper() == word:
                self._at += 1
                return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._unexpected()

    def _unexpected(self) -> BadExpression:
        if self._at >= len(self._tokens):
            return BadExpression("The expression ends too early")
        return BadExpression(f"Unexpected '{self._tokens[self._at][1]}'")


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadExpression(f"Unexpected '{text[at:].strip()[:20]}'")
        assert match.lastgroup is not None
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found
