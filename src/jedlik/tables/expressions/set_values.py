"""The right-hand sides of SET: paths, values, + and -, if_not_exists, list_append.

Compiled to closures (item, values) -> value that raise Invalid where the item does not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedlik.tables.expressions.scope import (
    Item,
    Scope,
    Values,
    check_distinct,
    getter,
    path_needed,
    wrong_count,
    wrong_kind,
)
from jedlik.tables.expressions.syntax import Arithmetic, Function, Operand, Path, Value
from jedlik.values import Invalid, add, subtract

MISSING = "The provided expression refers to an attribute that does not exist in the item"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"

SetValue = Callable[[Item, Values], dict[str, Any]]


def set_value(operand: Operand | Arithmetic, scope: Scope) -> SetValue:
    """Compiles what a SET assigns. Raises Invalid for operands that can never fit."""
    if isinstance(operand, Value):
        scope.kind(operand)
        name = operand.name
        return lambda _item, values: values[name]
    if isinstance(operand, Path):
        fetch = getter(scope.resolve(operand))

        def existing(item: Item, values: Values) -> dict[str, Any]:
            found = fetch(item, values)
            if found is None:
                raise Invalid(MISSING)
            return found

        return existing
    if isinstance(operand, Arithmetic):
        return _arithmetic(operand, scope)
    return (
        _if_not_exists(operand, scope)
        if operand.name == "if_not_exists"
        else _append(operand, scope)
    )


def _arithmetic(operation: Arithmetic, scope: Scope) -> SetValue:
    left, right = set_value(operation.left, scope), set_value(operation.right, scope)
    for operand in (operation.left, operation.right):
        if isinstance(operand, Value) and scope.kinds[operand.name] != "N":
            raise wrong_kind(operation.operator, scope.kinds[operand.name])
    compute = add if operation.operator == "+" else subtract

    def result(item: Item, values: Values) -> dict[str, Any]:
        a, b = left(item, values), right(item, values)
        if "N" not in a or "N" not in b:
            raise Invalid(WRONG_TYPE)
        return {"N": compute(a["N"], b["N"])}

    return result


def _if_not_exists(function: Function, scope: Scope) -> SetValue:
    operands = function.operands
    compiled = [set_value(operand, scope) for operand in operands]
    if len(operands) != 2:
        raise wrong_count(function)
    if not isinstance(operands[0], Path):
        raise path_needed(function)
    check_distinct("if_not_exists", operands[0], operands[1:], scope)
    fetch, otherwise = getter(scope.resolve(operands[0])), compiled[1]

    def existing_or(item: Item, values: Values) -> dict[str, Any]:
        # The default is computed even where it is not needed: a path in it that leads nowhere is
        # refused (as DynamoDB Local does).
        default = otherwise(item, values)
        found = fetch(item, values)
        return default if found is None else found

    return existing_or


def _append(function: Function, scope: Scope) -> SetValue:
    operands = function.operands
    compiled = [set_value(operand, scope) for operand in operands]
    if len(operands) != 2:
        raise wrong_count(function)
    for operand in operands:
        if isinstance(operand, Value) and scope.kinds[operand.name] != "L":
            raise wrong_kind("list_append", scope.kinds[operand.name])
    front, back = compiled

    def joined(item: Item, values: Values) -> dict[str, Any]:
        a, b = front(item, values), back(item, values)
        if "L" not in a or "L" not in b:
            raise Invalid(WRONG_TYPE)
        return {"L": a["L"] + b["L"]}

    return joined
