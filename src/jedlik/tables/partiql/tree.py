"""What a PartiQL statement says, once parsed: frozen nodes, no behaviour.

Made by `parser.py`, read by `plan.py` and `expressions.py`. Every expression knows where its head
token stands (`offset`, `length`), because AWS's messages point there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Value = dict[str, Any]
Step = str | int
Returning = Literal["ALL_OLD", "MODIFIED_OLD", "ALL_NEW", "MODIFIED_NEW"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A scalar written in the statement, as an attribute value; numbers as they were written."""

    value: Value
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Missing:
    """The word MISSING."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A question mark; `number` counts from 0."""

    number: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Collection:
    """`[a, b]` or `(a, b)` (a list), or `<<a, b>>` (a bag, which becomes a set)."""

    is_bag: bool
    items: tuple[Expression, ...]
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Struct:
    """`{'a': 1}`: pairs of expressions, in the order written."""

    fields: tuple[tuple[Expression, Expression], ...]
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute, or a document path into one: ("m", "list", 0)."""

    steps: tuple[Step, ...]
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; `name` in lower case."""

    name: str
    arguments: tuple[Expression, ...]
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator and its operands: "=", "<", "between", "in", "like", "+", "not", …

    Chains of AND and of OR are one operation with many operands, so that depth is not length.
    """

    operator: str
    operands: tuple[Expression, ...]
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Is:
    """`x IS MISSING`, `x IS NULL`, `x IS STRING`, …; `type` in lower case."""

    operand: Expression
    type: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Other:
    """What PartiQL knows and DynamoDB does not: CASE, CAST, a sub-query; `name` as AWS says it."""

    name: str
    offset: int
    length: int


Expression = (
    Constant | Missing | Parameter | Collection | Struct | Path | Call | Operation | Is | Other
)


@dataclass(frozen=True, slots=True)
class Select:
    """A read. `projection` None means `*`; `order` holds (attribute, descending)."""

    table: str
    index: str | None
    projection: tuple[Path, ...] | None
    where: Expression | None
    order: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Insert:
    """A new item."""

    table: str
    item: Expression


@dataclass(frozen=True, slots=True)
class Assign:
    """`SET path = value`."""

    path: Path
    value: Expression


@dataclass(frozen=True, slots=True)
class Remove:
    """`REMOVE path`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Update:
    """A change of one item."""

    table: str
    actions: tuple[Assign | Remove, ...]
    where: Expression | None
    returning: Returning | None


@dataclass(frozen=True, slots=True)
class Delete:
    """The removal of one item."""

    table: str
    where: Expression | None
    returning: Returning | None


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS(SELECT …)` as a statement: a condition check within a transaction."""

    select: Select

    @property
    def table(self) -> str:
        return self.select.table


Operator = Select | Insert | Update | Delete | Exists


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement: its text, what it does, and how many parameters it takes."""

    text: str
    does: Operator
    parameters: int
