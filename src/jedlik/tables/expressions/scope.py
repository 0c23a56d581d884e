"""What an expression is compiled against: attribute names, and the types of the values.

An expression is compiled once for a set of names and value types and cached; what depends on the
values themselves (is the lower bound below the upper?) is a late check, run at each binding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedlik.tables.expressions.syntax import Alias, Function, Operand, Path, Value
from jedlik.values import Invalid

Item = dict[str, Any]
Values = dict[str, dict[str, Any]]
Getter = Callable[[Item, Values], "dict[str, Any] | None"]
LateCheck = Callable[[Values], None]
Resolved = tuple[str | int, ...]


class Scope:
    """Resolves names and values while an expression is compiled; collects what it used.

    values: given only when a refusal is being looked for in full order; then late checks run at
    once, where they stand.
    """

    def __init__(
        self,
        names: tuple[tuple[str, str], ...],
        kinds: tuple[str, ...],
        values: Values | None = None,
    ) -> None:
        self.names = dict(names)
        self.kinds = dict(zip(kinds[::2], kinds[1::2], strict=True))
        self.values = values
        self.used_names: set[str] = set()
        self.used_values: set[str] = set()
        self.top_level: dict[str, None] = {}
        self.entered: dict[str, None] = {}
        self.late: list[LateCheck] = []

    def resolve(self, path: Path) -> Resolved:
        """The path with attribute names for aliases. Raises Invalid for an alias not defined."""
        parts: list[str | int] = []
        for part in path.parts:
            if isinstance(part, Alias):
                name = self.names.get(part.text)
                if name is None:
                    raise Invalid(
                        "An expression attribute name used in the document path is not defined; "
                        f"attribute name: {part.text}"
                    )
                self.used_names.add(part.text)
                parts.append(name)
            else:
                parts.append(part)
        self.top_level[str(parts[0])] = None
        if len(parts) > 1:
            self.entered[str(parts[0])] = None
        return tuple(parts)

    def kind(self, value: Value) -> str:
        """The type of a value. Raises Invalid for one not defined."""
        kind = self.kinds.get(value.name)
        if kind is None:
            raise Invalid(
                "An expression attribute value used in expression is not defined; "
                f"attribute value: {value.name}"
            )
        self.used_values.add(value.name)
        return kind

    def kind_of(self, operand: Operand) -> str | None:
        """The type an operand is sure to have: a value's own, N of size(), None of a path."""
        if isinstance(operand, Value):
            return self.kinds[operand.name]
        if isinstance(operand, Function) and operand.name == "size":
            return "N"
        return None

    def check(self, late: LateCheck) -> None:
        """Have a check of the values made now or at every binding."""
        if self.values is not None:
            late(self.values)
        self.late.append(late)


def getter(path: Resolved) -> Getter:
    """Fetches what is at a path in an item, None if nothing is there."""
    name = str(path[0])
    if len(path) == 1:
        return lambda item, _values: item.get(name)
    if len(path) == 2 and isinstance(path[1], str):
        inner = path[1]

        def fetch_member(item: Item, _values: Values) -> dict[str, Any] | None:
            found = item.get(name)
            if found is None or "M" not in found:
                return None
            return found["M"].get(inner)  # type: ignore[no-any-return]

        return fetch_member
    return lambda item, _values: fetch(item, path)


def fetch(item: Item, path: Resolved) -> dict[str, Any] | None:
    """What is at a path in an item, None if nothing is there."""
    found: Any = item.get(path[0])  # type: ignore[arg-type]
    for part in path[1:]:
        if found is None:
            return None
        if isinstance(part, str):
            if "M" not in found:
                return None
            found = found["M"].get(part)
        else:
            if "L" not in found:
                return None
            elements = found["L"]
            if part >= len(elements):
                return None
            found = elements[part]
    return found  # type: ignore[no-any-return]


def shown(path: Resolved) -> str:
    """A path as AWS prints it: [a, b, [0]]."""
    return "[" + ", ".join(f"[{part}]" if type(part) is int else str(part) for part in path) + "]"


def wrong_kind(operator: str, kind: str) -> Invalid:
    """The complaint about an operand of a type its operator does not take."""
    return Invalid(
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}"
    )


def wrong_count(function: Function) -> Invalid:
    """The complaint about too few or too many operands."""
    return Invalid(
        "Incorrect number of operands for operator or function; "
        f"operator or function: {function.name}, number of operands: {len(function.operands)}"
    )


def path_needed(function: Function) -> Invalid:
    """The complaint about a value where only a path makes sense."""
    return Invalid(
        f"Operator or function requires a document path; operator or function: {function.name}"
    )


def check_distinct(operator: str, first: Operand, rest: tuple[Operand, ...], scope: Scope) -> None:
    """Refuses an operator whose first operand is a path that stands among the others too."""
    if not isinstance(first, Path):
        return
    path = scope.resolve(first)
    for other in rest:
        if isinstance(other, Path) and scope.resolve(other) == path:
            raise Invalid(
                "The first operand must be distinct from the remaining operands for this operator "
                f"or function; operator: {operator}, first operand: {shown(path)}"
            )
