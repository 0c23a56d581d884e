"""Attribute values that a statement writes or is given: constants, parameters, lists, maps, sets.

Used by `plan.py` and `expressions.py`. Parameters are checked attribute values already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jedlik.tables.partiql.lexer import location
from jedlik.tables.partiql.tree import (
    Collection,
    Constant,
    Expression,
    Missing,
    Other,
    Parameter,
    Path,
    Statement,
    Struct,
)
from jedlik.values import Invalid, normalise
from jedlik.values.numbers import TOO_PRECISE

Value = dict[str, Any]
Item = dict[str, Any]

NESTING_MAX = 32
"""Levels of lists and maps in a value (developer guide, Service quotas)."""
TOO_DEEP = "Nesting Levels have exceeded supported limits"
PARAMETERS_DIFFER = "Number of parameters in request and statement don't match."
BAD_MEMBER = (
    "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement with the parameters of one request."""

    statement: Statement
    parameters: Sequence[Value]

    def located(self, message: str, where: Expression) -> Invalid:
        """A refusal that points at an expression."""
        return Invalid(message + location(self.statement.text, where.offset, where.length))


def bind(statement: Statement, parameters: Sequence[Value]) -> Bound:
    """Raises Invalid unless there is a value for every question mark.

    More are accepted and ignored: the developer guide's own examples give parameters to
    statements whose question marks are quoted, and DynamoDB Local takes them.
    """
    if len(parameters) < statement.parameters:
        raise Invalid(PARAMETERS_DIFFER)
    return Bound(statement, parameters)


def is_value(expression: Expression) -> bool:
    """Whether an expression is a value by itself, whatever the item."""
    return isinstance(expression, (Constant, Parameter, Collection, Struct))


def value_of(bound: Bound, expression: Expression) -> Value:
    """The attribute value of an expression that `is_value`; raises Invalid in AWS's words."""
    if isinstance(expression, Parameter):
        return bound.parameters[expression.number]
    return _written(bound, expression, "root", 0)


def item_of(bound: Bound, expression: Expression) -> Item:
    """The item that an INSERT writes; parameters may stand for whole attribute values only."""
    assert isinstance(expression, Struct)
    item: Item = {}
    for name, field in _fields(bound, expression, "root"):
        if isinstance(field, Parameter):
            item[name] = bound.parameters[field.number]
        elif is_value(field):
            item[name] = _written(bound, field, "root", 1)
        else:
            raise _unsupported(bound, field, "root", _source_name(bound, field))
    return item


def _written(bound: Bound, expression: Expression, place: str, depth: int) -> Value:
    """A value spelt out in the statement; `place` is how AWS's messages call where it stands."""
    if isinstance(expression, Constant):
        if "N" in expression.value:
            return {"N": _number(expression.value["N"])}
        return expression.value
    if depth >= NESTING_MAX:
        raise Invalid(TOO_DEEP)
    if isinstance(expression, Struct):
        return {
            "M": {
                name: _written(bound, field, f"{place}.{name}", depth + 1)
                for name, field in _fields(bound, expression, place)
            }
        }
    if isinstance(expression, Collection):
        if expression.is_bag:
            return _set(bound, expression)
        return {
            "L": [
                _written(bound, member, f"{place}.{position}", depth + 1)
                for position, member in enumerate(expression.items)
            ]
        }
    raise _unsupported(bound, expression, place, _node_name(expression))


def _fields(bound: Bound, struct: Struct, place: str) -> list[tuple[str, Expression]]:
    """Names and values of a map; the names must be strings, each once."""
    found: dict[str, Expression] = {}
    for name, field in struct.fields:
        if not isinstance(name, Constant) or "S" not in name.value:
            kind = _node_name(name)
            raise bound.located(
                f"Tuple keys must be of type String. Actual type: {kind} under {place}", name
            )
        text = name.value["S"]
        if text in found:
            raise bound.located(f"Duplicate keys in tuple. Key: {text} under {place}", name)
        found[text] = field
    return list(found.items())


def _set(bound: Bound, bag: Collection) -> Value:
    if not bag.items:
        raise bound.located("Empty bags are not supported", bag)
    members: list[str] = []
    kinds: set[str] = set()
    for member in bag.items:
        if not isinstance(member, Constant) or not member.value.keys() & {"S", "N"}:
            raise bound.located(BAD_MEMBER, member)
        ((kind, content),) = member.value.items()
        kinds.add(kind)
        members.append(_number(content) if kind == "N" else content)
    if len(kinds) > 1:
        raise Invalid(BAD_MEMBER)
    if len(set(members)) < len(members):
        raise Invalid("Input collection contains duplicates")
    return {kinds.pop() + "S": members}


def _number(text: str) -> str:
    try:
        return normalise(text)
    except Invalid as error:
        if error.message == TOO_PRECISE:
            # As DynamoDB Local words it for numbers in statements.
            raise Invalid("DynamoDB only supports precision up to 38 digits") from None
        raise


def _unsupported(bound: Bound, expression: Expression, place: str, kind: str) -> Invalid:
    if isinstance(expression, Other) and expression.name.startswith("ion "):
        ion_type = expression.name.removeprefix("ion ")
        message = f"Ion Literals are not supported: {ion_type} under key {place}"
        return bound.located(message, expression)
    return bound.located(f"Unsupported data type: {kind} under key {place}", expression)


def _source_name(bound: Bound, expression: Expression) -> str:
    """How AWS names what cannot be an attribute's value: as it is written."""
    if isinstance(expression, Missing):
        return "MISSING"
    start = expression.offset
    return bound.statement.text[start : start + expression.length].strip('"')


def _node_name(expression: Expression) -> str:
    """How AWS names the kind of an expression."""
    if isinstance(expression, Constant):
        return "Literal"
    if isinstance(expression, Parameter):
        return "Parameter"
    if isinstance(expression, Path):
        return "VariableReference" if len(expression.steps) == 1 else "Path"
    if isinstance(expression, Missing):
        return "LiteralMissing"
    if isinstance(expression, Struct):
        return "Struct"
    if isinstance(expression, Collection):
        return "Seq"
    return "NAry"
