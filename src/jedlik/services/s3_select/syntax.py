"""The shapes of a query: what is selected, from where, and the expressions in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

WILDCARD = object()


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class Missing:
    """The literal MISSING."""


@dataclass(frozen=True, slots=True)
class Name:
    """exact: it was in double quotes, so its case counts."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """steps: a Name, the number of an element, or WILDCARD."""

    steps: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator, a function, or a form of syntax such as "case"."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """arg: None for COUNT(*)."""

    name: str
    arg: Expression | None


Expression = Literal | Missing | Path | Call | Aggregate


@dataclass(frozen=True, slots=True)
class Item:
    """name: what it was called, or what a path ends in; None where its place names it."""

    expression: Expression
    name: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """items: None for "*". source: the path below the record. aliases: what names the row."""

    items: list[Item] | None
    source: tuple[Any, ...] = ()
    aliases: frozenset[str] = field(default_factory=frozenset)
    where: Expression | None = None
    limit: int | None = None


def parts(expression: Expression | None) -> Iterator[Expression]:
    """An expression and all below it, but not below aggregates."""
    for level in levels(expression):
        yield from level


def levels(expression: Expression | None) -> Iterator[list[Expression]]:
    """An expression, its arguments, theirs and so on: a long sum is as deep as it is long."""
    level = [] if expression is None else [expression]
    while level:
        yield level
        level = [arg for each in level if isinstance(each, Call) for arg in each.args]


def aggregates(expression: Expression | None) -> list[Aggregate]:
    """Those in an expression, but not those in others."""
    return [each for each in parts(expression) if isinstance(each, Aggregate)]
