"""Checks of a parsed expression that need neither names nor values, in AWS's order.

First, in reading order: unknown functions, functions where they may not stand, reserved words, list
positions out of range. Then the number of operators, then the depth of paths. Raises Invalid with
the text after "Invalid …Expression: ". The order was observed on DynamoDB Local, which shares the
real service's expression engine.
"""

from __future__ import annotations

from collections.abc import Iterator

from jedlik.tables.expressions.reserved import RESERVED
from jedlik.tables.expressions.syntax import (
    CONDITION_FUNCTIONS,
    UPDATE_FUNCTIONS,
    And,
    Arithmetic,
    Between,
    Compare,
    Function,
    In,
    Node,
    Not,
    Operand,
    Or,
    Path,
    Section,
    Value,
)
from jedlik.values import Invalid

OPERATORS_MAX = 300
PATH_DEPTH_MAX = 32
LIST_INDEX_MAX = 2**31 - 1


def check_condition(node: Node) -> None:
    """Refuses a condition whose parts are not where they may be."""
    _check_node(node)
    _check_operators(_operators(node))
    _check_depths(_paths(node))


def check_projection(paths: tuple[Path, ...]) -> None:
    """Refuses a projection with reserved words or impossible paths."""
    for path in paths:
        _check_path(path)
    _check_depths(iter(paths))


def check_update(sections: tuple[Section, ...]) -> None:
    """Refuses an update whose parts are not where they may be, or a section given twice."""
    for section in sections:
        for action in section.actions:
            _check_path(action.path)
            if isinstance(action.value, Arithmetic):
                _check_set_value(action.value.left, within="+")
                _check_set_value(action.value.right, within="+")
            elif action.value is not None:
                _check_set_value(action.value, within=None)
    seen = set()
    for section in sections:
        if section.keyword in seen:
            raise Invalid(
                f'The "{section.keyword}" section can only be used once in an update expression;'
            )
        seen.add(section.keyword)
    values = [action.value for section in sections for action in section.actions]
    _check_operators(sum(_operators(value) for value in values if value is not None))
    _check_depths(
        path
        for section in sections
        for action in section.actions
        for path in (action.path, *(_paths(action.value) if action.value is not None else ()))
    )


def _check_node(node: Node) -> None:
    while isinstance(node, Not):  # a loop: there may be a thousand
        node = node.inner
    if isinstance(node, (And, Or)):
        for part in node.parts:
            _check_node(part)
    elif isinstance(node, Function):
        _check_known(node, condition=True)
        if node.name == "size":
            raise _misused(node)
        for operand in node.operands:
            _check_operand(operand)
    elif isinstance(node, Compare):
        _check_operand(node.left)
        _check_operand(node.right)
    elif isinstance(node, Between):
        _check_operand(node.operand)
        _check_operand(node.low)
        _check_operand(node.high)
    else:
        _check_operand(node.operand)
        for choice in node.choices:
            _check_operand(choice)


def _check_operand(operand: Operand) -> None:
    """An operand in a condition: of functions, only size() has a value."""
    if isinstance(operand, Path):
        _check_path(operand)
    elif isinstance(operand, Function):
        _check_known(operand, condition=True)
        if operand.name != "size":
            raise _misused(operand)
        for inner in operand.operands:
            _check_operand(inner)


def _check_set_value(operand: Operand, within: str | None) -> None:
    """An operand of SET: list_append stands alone, if_not_exists anywhere."""
    if isinstance(operand, Path):
        _check_path(operand)
    elif isinstance(operand, Function):
        _check_known(operand, condition=False)
        if operand.name == "list_append" and within is not None:
            raise _misused(operand)
        for inner in operand.operands:
            _check_set_value(inner, within=operand.name)


def _check_known(function: Function, *, condition: bool) -> None:
    name = function.name
    known, elsewhere, place = (
        (CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, "a condition")
        if condition
        else (UPDATE_FUNCTIONS, CONDITION_FUNCTIONS, "an update")
    )
    if name in known:
        return
    if name in elsewhere:
        raise Invalid(f"The function is not allowed in {place} expression; function: {name}")
    raise Invalid(f"Invalid function name; function: {name}")


def _misused(function: Function) -> Invalid:
    return Invalid(
        "The function is not allowed to be used this way in an expression; "
        f"function: {function.name}"
    )


def _check_path(path: Path) -> None:
    for part in path.parts:
        if isinstance(part, str):
            if part.upper() in RESERVED:
                raise Invalid(f"Attribute name is a reserved keyword; reserved keyword: {part}")
        elif isinstance(part, int) and part > LIST_INDEX_MAX:
            raise Invalid(f"List index is not within the allowable range; index: [{part}]")


def _check_operators(count: int) -> None:
    # The service stops counting at the first that is too many.
    if count > OPERATORS_MAX:
        raise too_many_operators()


def too_many_operators() -> Invalid:
    """The complaint about more than 300 operators and functions."""
    return Invalid(
        f"The expression contains too many operators; operator count: {OPERATORS_MAX + 1}"
    )


def _operators(node: Node | Operand | Arithmetic) -> int:
    """Functions, comparisons, IN, BETWEEN, AND, OR, NOT, + and - each count one."""
    count = 0
    for at in _all(node):
        if isinstance(at, (And, Or)):
            count += len(at.parts) - 1
        elif not isinstance(at, (Path, Value)):
            count += 1
    return count


def _paths(node: Node | Operand | Arithmetic) -> Iterator[Path]:
    return (at for at in _all(node) if isinstance(at, Path))


def _all(node: Node | Operand | Arithmetic) -> Iterator[Node | Operand | Arithmetic]:
    """The node and all below it, in reading order."""
    pending: list[Node | Operand | Arithmetic] = [node]
    while pending:
        at = pending.pop()
        yield at
        if isinstance(at, Function):
            pending.extend(reversed(at.operands))
        elif isinstance(at, Not):
            pending.append(at.inner)
        elif isinstance(at, (And, Or)):
            pending.extend(reversed(at.parts))
        elif isinstance(at, (Compare, Arithmetic)):
            pending += [at.right, at.left]
        elif isinstance(at, Between):
            pending += [at.high, at.low, at.operand]
        elif isinstance(at, In):
            pending.extend(reversed(at.choices))
            pending.append(at.operand)


def _check_depths(paths: Iterator[Path]) -> None:
    for path in paths:
        if len(path.parts) > PATH_DEPTH_MAX:
            raise Invalid(
                f"The document path has too many nesting levels; nesting levels: {len(path.parts)}"
            )
