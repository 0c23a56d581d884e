"""The parameters that expressions replaced, made into the same objects.

Expected, QueryFilter and ScanFilter become a Condition, KeyConditions a KeyRange, AttributeUpdates
an Update, AttributesToGet a Projection. Argument errors are in AWS's words; that legacy parameters
and expressions may not be mixed is the services' business. Values are brought to normal form in
place. Raises values.Invalid and values.Malformed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from jedlik.tables.expressions import predicates
from jedlik.tables.expressions.changes import added
from jedlik.tables.expressions.conditions import Condition
from jedlik.tables.expressions.key_conditions import KeyCondition, KeyRange, Term
from jedlik.tables.expressions.projections import Projection
from jedlik.tables.expressions.scope import Item, Values
from jedlik.tables.expressions.updates import Step, Update, update_from_steps
from jedlik.tables.model import KeySchema
from jedlik.values import Invalid, check_value, compare
from jedlik.values.check import EMPTY_NAME

AttributeValue = dict[str, Any]
Predicate = Callable[["AttributeValue | None"], bool]

_PREFIX = "One or more parameter values were invalid: "
TYPE_MISMATCH = "Type mismatch for attribute to update"

_SCALARS = frozenset(("S", "N", "B"))
_ALL = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"))
# Per operator: least and most arguments (None: no limit), and types they may have.
_OPERATORS: dict[str, tuple[int, int | None, frozenset[str]]] = {
    "EQ": (1, 1, _ALL),
    "NE": (1, 1, _ALL),
    "LE": (1, 1, _SCALARS),
    "LT": (1, 1, _SCALARS),
    "GE": (1, 1, _SCALARS),
    "GT": (1, 1, _SCALARS),
    "NOT_NULL": (0, 0, _ALL),
    "NULL": (0, 0, _ALL),
    "CONTAINS": (1, 1, _SCALARS | {"BOOL", "NULL"}),
    "NOT_CONTAINS": (1, 1, _SCALARS | {"BOOL", "NULL"}),
    "BEGINS_WITH": (1, 1, frozenset(("S", "B"))),
    "IN": (1, None, _SCALARS),
    "BETWEEN": (2, 2, _SCALARS),
}
_KEY_OPERATORS = {
    "EQ": "=",
    "LE": "<=",
    "LT": "<",
    "GE": ">=",
    "GT": ">",
    "BEGINS_WITH": "begins_with",
    "BETWEEN": "BETWEEN",
}
_ADD_KINDS = frozenset(("N", "SS", "NS", "BS", "L"))
_DELETE_KINDS = frozenset(("SS", "NS", "BS"))


def expected_condition(
    expected: Mapping[str, dict[str, Any]] | None, conditional_operator: str | None = None
) -> Condition:
    """The condition that Expected and ConditionalOperator state."""
    expected = expected or {}
    predicates_by_name = [(name, _expectation(name, wanted)) for name, wanted in expected.items()]
    _check_conditional_operator(expected, conditional_operator)
    return _combined(predicates_by_name, conditional_operator)


def filter_condition(
    conditions: Mapping[str, dict[str, Any]] | None, conditional_operator: str | None = None
) -> Condition:
    """The condition that QueryFilter or ScanFilter states, with ConditionalOperator."""
    conditions = conditions or {}
    predicates_by_name = []
    for name, condition in conditions.items():
        operator, arguments = _checked(condition)
        predicates_by_name.append((name, _predicate(operator, arguments)))
    _check_conditional_operator(conditions, conditional_operator)
    return _combined(predicates_by_name, conditional_operator)


def key_conditions(conditions: Mapping[str, dict[str, Any]], schema: KeySchema) -> KeyRange:
    """What KeyConditions asks of a table or index with these keys."""
    return parsed_key_conditions(conditions).range(schema)


def parsed_key_conditions(conditions: Mapping[str, dict[str, Any]]) -> KeyCondition:
    """KeyConditions, before the table is known."""
    terms = []
    values: dict[str, AttributeValue] = {}
    checked = {name: _checked(condition) for name, condition in conditions.items()}
    if not checked:
        raise Invalid("Conditions can be of length 1 or 2 only")
    for name, (operator, arguments) in checked.items():
        if operator not in _KEY_OPERATORS:
            raise Invalid("Attempted conditional constraint is not an indexable operation")
        names = []
        for argument in arguments:
            names.append(f":{len(values)}")
            values[names[-1]] = argument
        terms.append(Term(name, _KEY_OPERATORS[operator], tuple(names)))
    return KeyCondition(tuple(terms), values)


def attribute_updates(
    updates: Mapping[str, dict[str, Any]], *, key_names: Collection[str] = ()
) -> Update:
    """The update that AttributeUpdates states.

    key_names: as for expressions.update; give them here or later to Update.check_keys.
    """
    update = update_from_steps([_step(name, wanted) for name, wanted in updates.items()])
    if key_names:
        update.check_keys(key_names)
    return update


def attributes_to_get(names: Collection[str]) -> Projection:
    """The projection that AttributesToGet states: whole attributes only."""
    return Projection([(name,) for name in names])


def _check_conditional_operator(
    conditions: Mapping[str, Any], conditional_operator: str | None
) -> None:
    """DynamoDB Local looks at this after the conditions themselves."""
    if conditional_operator is None:
        return
    if not conditions:
        raise Invalid("ConditionalOperator cannot be used without Filter or Expected")
    if len(conditions) == 1:
        raise Invalid(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )


def _combined(parts: list[tuple[str, Predicate]], conditional_operator: str | None) -> Condition:
    names = tuple(name for name, _ in parts)
    if conditional_operator == "OR":

        def any_holds(item: Item, _values: Values) -> bool:
            return any(holds(item.get(name)) for name, holds in parts)

        return Condition(any_holds, {}, names)

    def all_hold(item: Item, _values: Values) -> bool:
        return all(holds(item.get(name)) for name, holds in parts)

    return Condition(all_hold, {}, names)


def _expectation(name: str, wanted: dict[str, Any]) -> Predicate:
    """One attribute of Expected: Value and Exists, or an operator with its arguments."""
    value, exists = wanted.get("Value"), wanted.get("Exists")
    operator, arguments = wanted.get("ComparisonOperator"), wanted.get("AttributeValueList")
    if value is not None and arguments is not None:
        raise _wrong_use("Value and AttributeValueList cannot be used together", name)
    if operator is None:
        if arguments is not None:
            raise _wrong_use("AttributeValueList can only be used with a ComparisonOperator", name)
        return _existence(name, value, exists)
    if exists is not None:
        raise _wrong_use("Exists and ComparisonOperator cannot be used together", name)
    if value is None and arguments is None and _OPERATORS[operator][1] != 0:
        raise _wrong_use(
            f"Value or AttributeValueList must be used with ComparisonOperator: {operator}", name
        )
    if value is not None:
        arguments = [value]
    return _predicate(*_checked({"ComparisonOperator": operator, "AttributeValueList": arguments}))


def _existence(name: str, value: AttributeValue | None, exists: bool | None) -> Predicate:
    if exists is False:
        if value is not None:
            raise _wrong_use("Value cannot be used when Exists is false", name)
        return lambda found: found is None
    if value is None:
        shown = "null" if exists is None else "true"
        raise _wrong_use(f"Value must be provided when Exists is {shown}", name)
    check_value(value)
    return lambda found: predicates.is_equal(found, value)


def _wrong_use(what: str, name: str) -> Invalid:
    return Invalid(f"{_PREFIX}{what} for Attribute: {name}")


def _checked(condition: dict[str, Any]) -> tuple[str, list[AttributeValue]]:
    """Operator and arguments, if their number and types go together."""
    operator: str = condition["ComparisonOperator"]
    arguments: list[AttributeValue] = condition.get("AttributeValueList") or []
    for argument in arguments:
        check_value(argument)
    least, most, kinds = _OPERATORS[operator]
    if len(arguments) < least or (most is not None and len(arguments) > most):
        raise Invalid(
            f"{_PREFIX}Invalid number of argument(s) for the {operator} ComparisonOperator"
        )
    for argument in arguments:
        for kind in argument:
            if kind not in kinds:
                raise Invalid(
                    f"{_PREFIX}ComparisonOperator {operator} is not valid for {kind} "
                    "AttributeValue type"
                )
    if len({kind for argument in arguments for kind in argument}) > 1:
        raise Invalid(f"{_PREFIX}AttributeValues inside AttributeValueList must be of same type")
    if operator == "BETWEEN" and compare(arguments[0], arguments[1]) > 0:
        raise Invalid(
            "The BETWEEN condition was provided a range where the lower bound is greater than the "
            "upper bound"
        )
    return operator, arguments


def _predicate(operator: str, arguments: list[AttributeValue]) -> Predicate:
    """What an operator asks of an attribute's value, None if the item has no such attribute."""
    if operator == "NULL":
        return lambda found: found is None
    if operator == "NOT_NULL":
        return lambda found: found is not None
    first = arguments[0]
    if operator == "IN":
        return lambda found: any(predicates.is_equal(found, choice) for choice in arguments)
    if operator == "BETWEEN":
        low, high = arguments
        return lambda found: (
            predicates.is_at_most(low, found) and predicates.is_at_most(found, high)
        )
    tests: dict[str, Predicate] = {
        "EQ": lambda found: predicates.is_equal(found, first),
        "NE": lambda found: not predicates.is_equal(found, first),
        "LT": lambda found: predicates.is_less(found, first),
        "LE": lambda found: predicates.is_at_most(found, first),
        "GT": lambda found: predicates.is_less(first, found),
        "GE": lambda found: predicates.is_at_most(first, found),
        "BEGINS_WITH": lambda found: predicates.begins_with(found, first),
        "CONTAINS": lambda found: predicates.contains(found, first),
        # False of a missing attribute, as DynamoDB Local has it. Unverified against AWS.
        "NOT_CONTAINS": lambda found: found is not None and not predicates.contains(found, first),
    }
    return tests[operator]


def _step(name: str, wanted: dict[str, Any]) -> Step:
    """One attribute of AttributeUpdates."""
    if not name:
        raise Invalid(EMPTY_NAME)
    action, value = wanted.get("Action") or "PUT", wanted.get("Value")
    if value is None:
        if action != "DELETE":
            raise Invalid(
                _PREFIX + "Only DELETE action is allowed when no attribute value is specified"
            )
        return Step("REMOVE", (name,))
    check_value(value)
    (kind,) = value
    if action == "PUT":
        return Step("SET", (name,), lambda _item, _values: value)
    if action == "ADD":
        # Unverified: the short name of the type, as dynalite recorded; DynamoDB Local says STRING.
        if kind not in _ADD_KINDS:
            raise Invalid(f"{_PREFIX}ADD action is not supported for the type {kind}")
        return Step("SET", (name,), lambda item, _values: _sum(item.get(name), value))
    if kind not in _DELETE_KINDS:
        raise Invalid(f"{_PREFIX}DELETE action with value is not supported for the type {kind}")
    return Step("DELETE", (name,), lambda item, _values: _deletable(item[name], value))


def _sum(old: AttributeValue | None, value: AttributeValue) -> AttributeValue:
    """ADD, which here takes lists too."""
    for kind, content in value.items():
        if old is not None and kind not in old:
            raise Invalid(TYPE_MISMATCH)
        if kind == "L" and old is not None:
            return {"L": old["L"] + content}
    return added(old, value)


def _deletable(old: AttributeValue, value: AttributeValue) -> AttributeValue:
    """The operand of DELETE, if the attribute is a set of its type."""
    if old.keys() != value.keys():
        raise Invalid(TYPE_MISMATCH)
    return value
