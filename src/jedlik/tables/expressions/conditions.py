"""Conditions, filters and key conditions: syntax trees compiled to closures.

Compiling makes AWS's checks of operands, in its order: operands before their operator, left to
right. The closures take (item, values); a missing item is an empty one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import Struct

from jedlik.tables.expressions import predicates
from jedlik.tables.expressions.parser import parse_condition
from jedlik.tables.expressions.placeholders import Placeholders
from jedlik.tables.expressions.scope import (
    Getter,
    Item,
    LateCheck,
    Scope,
    Values,
    check_distinct,
    getter,
    path_needed,
    wrong_count,
    wrong_kind,
)
from jedlik.tables.expressions.syntax import (
    And,
    Between,
    Compare,
    Function,
    Node,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from jedlik.values import Invalid, compare

IN_OPERANDS_MAX = 100

Test = Callable[[Item, Values], bool]

_NOTHING: Item = {}
TYPE_NAMES = frozenset(("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"))
# The order in which the service prints the set is no order; this is what it has answered.
_TYPE_NAMES_SHOWN = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
_PATH_TYPES_SHOWN = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"


class Condition:
    """A condition bound to the values of one request."""

    __slots__ = ("_test", "_values", "entered", "top_level")

    def __init__(
        self,
        test: Test,
        values: Values,
        top_level: tuple[str, ...] = (),
        entered: tuple[str, ...] = (),
    ) -> None:
        self._test = test
        self._values = values
        self.top_level = top_level
        """The attributes it looks at, in order of their first use."""
        self.entered = entered
        """Those of them that a path leads into, which keys must not be."""

    def holds(self, item: Item | None) -> bool:
        """Whether the item satisfies the condition; None stands for no item."""
        return self._test(_NOTHING if item is None else item, self._values)


class CompiledCondition(Struct, frozen=True):
    """A condition for one set of names and value types; `late` are checks of the values."""

    test: Test
    late: tuple[LateCheck, ...]
    used_names: frozenset[str]
    used_values: frozenset[str]
    top_level: tuple[str, ...]
    entered: tuple[str, ...]


def condition(
    text: str, placeholders: Placeholders, *, name: str = "ConditionExpression"
) -> Condition:
    """The condition a text states. name: the parameter it came in. Raises Invalid."""
    values = placeholders.values
    try:
        compiled = placeholders.once(_compiled)(text, placeholders.names_key, placeholders.kinds)
        for late in compiled.late:
            late(values)
    except Invalid:
        raise refusal(text, placeholders, name) from None
    placeholders.used_names |= compiled.used_names
    placeholders.used_values |= compiled.used_values
    return Condition(compiled.test, values, compiled.top_level, compiled.entered)


def condition_of(tree: Node, values: Values) -> Condition:
    """The condition of a syntax tree with plain names; values by their names in it.

    For PartiQL, whose trees come from its own parser. Raises Invalid with the bare complaint.
    """
    kinds = tuple(part for name, value in values.items() for part in (name, next(iter(value))))
    compiled = compile_condition(tree, Scope((), kinds, values))
    return Condition(compiled.test, values, compiled.top_level, compiled.entered)


@lru_cache(maxsize=1024)
def _compiled(
    text: str, names: tuple[tuple[str, str], ...], kinds: tuple[str, ...]
) -> CompiledCondition:
    return compile_condition(parse_condition(text), Scope(names, kinds))


def refusal(text: str, placeholders: Placeholders, name: str) -> Invalid:
    """The first complaint AWS has about a condition known to be wrong."""
    try:
        scope = Scope(placeholders.names_key, placeholders.kinds, placeholders.values)
        compile_condition(parse_condition(text), scope)
    except Invalid as refused:
        return Invalid(f"Invalid {name}: {refused.message}")
    raise AssertionError(f"refused before but not again: {text}")


def compile_condition(tree: Node, scope: Scope) -> CompiledCondition:
    """Checks the operands of a tree and makes a closure of it. Raises Invalid."""
    test = _test(tree, scope)
    return CompiledCondition(
        test,
        tuple(scope.late),
        frozenset(scope.used_names),
        frozenset(scope.used_values),
        tuple(scope.top_level),
        tuple(scope.entered),
    )


def _test(node: Node, scope: Scope) -> Test:
    if isinstance(node, Compare):
        return _comparison(node, scope)
    if isinstance(node, Function):
        return _function(node, scope)
    if isinstance(node, And):
        parts = tuple([_test(part, scope) for part in node.parts])
        if len(parts) == 2:
            first, second = parts
            return lambda item, values: first(item, values) and second(item, values)
        return lambda item, values: all(part(item, values) for part in parts)
    if isinstance(node, Or):
        parts = tuple([_test(part, scope) for part in node.parts])
        if len(parts) == 2:
            first, second = parts
            return lambda item, values: first(item, values) or second(item, values)
        return lambda item, values: any(part(item, values) for part in parts)
    if isinstance(node, Not):
        inner = _test(node.inner, scope)
        return lambda item, values: not inner(item, values)
    if isinstance(node, Between):
        return _between(node, scope)
    operand = _operand(node.operand, scope)
    choices = tuple([_operand(choice, scope) for choice in node.choices])
    check_distinct("IN", node.operand, node.choices, scope)
    if len(choices) > IN_OPERANDS_MAX:
        raise Invalid(
            "The IN operator is provided with too many operands; "
            f"number of operands: {len(choices)}"
        )

    def is_one_of(item: Item, values: Values) -> bool:
        found = operand(item, values)
        return any(predicates.is_equal(found, choice(item, values)) for choice in choices)

    return is_one_of


def _comparison(node: Compare, scope: Scope) -> Test:
    left, right, operator = _operand(node.left, scope), _operand(node.right, scope), node.operator
    check_distinct(operator, node.left, (node.right,), scope)
    if operator == "=":
        if isinstance(node.left, Path) and len(node.left.parts) == 1:
            if isinstance(node.right, Value):
                return _top_level_equals(str(scope.resolve(node.left)[0]), node.right.name)
        is_equal = predicates.is_equal
        return lambda item, values: is_equal(left(item, values), right(item, values))
    if operator == "<>":
        is_equal = predicates.is_equal
        return lambda item, values: not is_equal(left(item, values), right(item, values))
    for operand in (node.left, node.right):
        _check_ordered(operator, operand, scope)
    if operator in (">", ">="):
        left, right = right, left
    precedes = predicates.is_less if operator in ("<", ">") else predicates.is_at_most
    return lambda item, values: precedes(left(item, values), right(item, values))


def _top_level_equals(name: str, value_name: str) -> Test:
    """The commonest condition of all."""
    is_equal = predicates.is_equal
    return lambda item, values: is_equal(item.get(name), values[value_name])


def _check_ordered(operator: str, operand: Operand, scope: Scope) -> None:
    kind = scope.kind_of(operand)
    if kind is not None and kind not in predicates.ORDERED:
        raise wrong_kind(operator, kind)


def _between(node: Between, scope: Scope) -> Test:
    operand = _operand(node.operand, scope)
    low, high = _operand(node.low, scope), _operand(node.high, scope)
    for part in (node.operand, node.low, node.high):
        _check_ordered("BETWEEN", part, scope)
    check_distinct("BETWEEN", node.operand, (node.low, node.high), scope)
    if isinstance(node.low, Value) and isinstance(node.high, Value):
        scope.check(_bounds_check(node.low.name, node.high.name))
    is_at_most = predicates.is_at_most

    def is_between(item: Item, values: Values) -> bool:
        found = operand(item, values)
        return is_at_most(low(item, values), found) and is_at_most(found, high(item, values))

    return is_between


def _bounds_check(low_name: str, high_name: str) -> LateCheck:
    def check(values: Values) -> None:
        low, high = values[low_name], values[high_name]
        ((low_kind, low_content),) = low.items()
        ((high_kind, high_content),) = high.items()
        if low_kind != high_kind:
            what = "same data type for lower and upper bounds"
        elif compare(low, high) > 0:
            what = "upper bound to be greater than or equal to lower bound"
        else:
            return
        raise Invalid(
            f"The BETWEEN operator requires {what}; "
            f"lower bound operand: AttributeValue: {{{low_kind}:{low_content}}}, "
            f"upper bound operand: AttributeValue: {{{high_kind}:{high_content}}}"
        )

    return check


def _operand(operand: Operand, scope: Scope) -> Getter:
    if isinstance(operand, Path):
        return getter(scope.resolve(operand))
    if isinstance(operand, Value):
        scope.kind(operand)
        name = operand.name
        return lambda _item, values: values[name]
    # Only size() gets here; any other function was refused by its place.
    inner = tuple([_operand(part, scope) for part in operand.operands])
    if len(inner) != 1:
        raise wrong_count(operand)
    kind = scope.kind_of(operand.operands[0])
    if kind in ("N", "BOOL", "NULL"):
        raise wrong_kind("size", kind)
    (of,) = inner
    return lambda item, values: predicates.size(of(item, values))


def _function(node: Function, scope: Scope) -> Test:
    name, operands = node.name, node.operands
    getters = tuple([_operand(operand, scope) for operand in operands])
    arity = 1 if name in ("attribute_exists", "attribute_not_exists") else 2
    if len(operands) != arity:
        raise wrong_count(node)
    first = getters[0]
    if arity == 1:
        if not isinstance(operands[0], Path):
            raise path_needed(node)
        if name == "attribute_exists":
            return lambda item, values: first(item, values) is not None
        return lambda item, values: first(item, values) is None
    second = getters[1]
    check_distinct(name, operands[0], operands[1:], scope)
    if name == "contains":
        return lambda item, values: predicates.contains(first(item, values), second(item, values))
    if name == "begins_with":
        for operand in operands:
            kind = scope.kind_of(operand)
            if kind is not None and kind not in ("S", "B"):
                raise wrong_kind(name, kind)
        return lambda item, values: predicates.begins_with(
            first(item, values), second(item, values)
        )
    return _attribute_type(operands, first, scope)


def _attribute_type(operands: tuple[Operand, ...], first: Getter, scope: Scope) -> Test:
    wanted = operands[1]
    kind = scope.kind_of(wanted)
    if kind != "S":
        raise wrong_kind("attribute_type", _PATH_TYPES_SHOWN if kind is None else kind)
    assert isinstance(wanted, Value)
    value_name = wanted.name

    def check(values: Values) -> None:
        type_name = values[value_name]["S"]
        if type_name not in TYPE_NAMES:
            raise Invalid(
                f"Invalid attribute type name found; type: {type_name}, "
                f"valid types: {_TYPE_NAMES_SHOWN}"
            )

    scope.check(check)

    def has_type(item: Item, values: Values) -> bool:
        found: dict[str, Any] | None = first(item, values)
        return found is not None and values[value_name]["S"] in found

    return has_type
