"""The shapes of a query: expressions, and the commands that have them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """value: a text, a number or a truth."""

    value: str | float | int | bool


@dataclass(frozen=True)
class Period:
    """5m; unit as it is written, without a plural's s."""

    count: int
    unit: str


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class Regex:
    source: str


@dataclass(frozen=True)
class Everything:
    """The asterisk of count(*)."""


@dataclass(frozen=True)
class Call:
    """A function, an operator or an aggregate: "strlen", "+", "and", "like", "in", "count"."""

    name: str
    arguments: tuple[Expression, ...]
    start: int = 0
    end: int = 0


Expression = Literal | Period | Field | Regex | Everything | Call


@dataclass(frozen=True)
class Column:
    """An expression and the name under which it is shown: its alias, or what is written."""

    name: str
    expression: Expression


@dataclass(frozen=True)
class Fields:
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Display:
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Filter:
    condition: Expression


@dataclass(frozen=True)
class Sort:
    """keys: with whether the greatest comes first."""

    keys: tuple[tuple[Expression, bool], ...]


@dataclass(frozen=True)
class Limit:
    count: int


@dataclass(frozen=True)
class Dedup:
    fields: tuple[Expression, ...]


@dataclass(frozen=True)
class Stats:
    columns: tuple[Column, ...]
    by: tuple[Column, ...]


@dataclass(frozen=True)
class Parse:
    """pattern: a regular expression with named groups; of a glob: with as many as there are
    names."""

    source: Expression
    pattern: str
    names: tuple[str, ...]


Command = Fields | Display | Filter | Sort | Limit | Dedup | Stats | Parse
