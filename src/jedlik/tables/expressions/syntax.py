"""The parsed forms of expressions. Frozen and hashable; they know neither names nor values.

PartiQL builds the same trees, with plain attribute names in its paths and `Value` for literals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Alias:
    """An expression attribute name (#a) standing for an attribute name."""

    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """A document path: names, aliases and list positions; the first is a name or an alias."""

    parts: tuple[str | int | Alias, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """An expression attribute value (:a)."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A call such as size(a) or begins_with(a, :b)."""

    name: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """left operator right, the operator one of = <> < <= > >=."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """operand BETWEEN low AND high."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """operand IN (choices)."""

    operand: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """NOT inner."""

    inner: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """left + right or left - right, in SET only."""

    operator: Literal["+", "-"]
    left: Operand
    right: Operand


Operand = Path | Value | Function
Node = Function | Compare | Between | In | Not | And | Or


@dataclass(frozen=True, slots=True)
class Action:
    """One change: SET path = value, REMOVE path, ADD path value, DELETE path value."""

    path: Path
    value: Operand | Arithmetic | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """All actions of one SET, REMOVE, ADD or DELETE."""

    keyword: Literal["SET", "REMOVE", "ADD", "DELETE"]
    actions: tuple[Action, ...]
