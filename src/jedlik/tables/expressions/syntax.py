"""The parsed forms of expressions. Frozen and hashable; they know neither names nor values.

PartiQL builds the same trees, with plain attribute names in its paths and `Value` for literals.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

CONDITION_FUNCTIONS = frozenset(
    (
        "attribute_exists",
        "attribute_not_exists",
        "attribute_type",
        "begins_with",
        "contains",
        "size",
    )
)
UPDATE_FUNCTIONS = frozenset(("if_not_exists", "list_append"))


class Alias(Struct, frozen=True):
    """An expression attribute name (#a) standing for an attribute name."""

    text: str


class Path(Struct, frozen=True):
    """A document path: names, aliases and list positions; the first is a name or an alias."""

    parts: tuple[str | int | Alias, ...]


class Value(Struct, frozen=True):
    """An expression attribute value (:a)."""

    name: str


class Function(Struct, frozen=True):
    """A call such as size(a) or begins_with(a, :b)."""

    name: str
    operands: tuple[Operand, ...]


class Compare(Struct, frozen=True):
    """left operator right, the operator one of = <> < <= > >=."""

    operator: str
    left: Operand
    right: Operand


class Between(Struct, frozen=True):
    """operand BETWEEN low AND high."""

    operand: Operand
    low: Operand
    high: Operand


class In(Struct, frozen=True):
    """operand IN (choices)."""

    operand: Operand
    choices: tuple[Operand, ...]


class Not(Struct, frozen=True):
    """NOT inner."""

    inner: Node


class And(Struct, frozen=True):
    """All of two or more parts."""

    parts: tuple[Node, ...]


class Or(Struct, frozen=True):
    """Any of two or more parts."""

    parts: tuple[Node, ...]


class Arithmetic(Struct, frozen=True):
    """left + right or left - right, in SET only."""

    operator: Literal["+", "-"]
    left: Operand
    right: Operand


Operand = Path | Value | Function
Node = Function | Compare | Between | In | Not | And | Or


class Action(Struct, frozen=True):
    """One change: SET path = value, REMOVE path, ADD path value, DELETE path value."""

    path: Path
    value: Operand | Arithmetic | None = None


class Section(Struct, frozen=True):
    """All actions of one SET, REMOVE, ADD or DELETE."""

    keyword: Literal["SET", "REMOVE", "ADD", "DELETE"]
    actions: tuple[Action, ...]
