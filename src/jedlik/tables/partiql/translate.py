"""From PartiQL's trees to the trees of expressions, so that one evaluator serves both.

Used by `plan.py`. Values become `Value` nodes with names made up here (":p0", ":p1", …), and the
map of those names goes with the tree. What PartiQL says that expressions cannot is refused here;
operand types and counts, overlapping paths and the like are refused by `tables/expressions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from jedlik.tables.expressions import syntax
from jedlik.tables.expressions.syntax import CONDITION_FUNCTIONS, UPDATE_FUNCTIONS
from jedlik.tables.partiql.literals import Bound, is_value, value_of
from jedlik.tables.partiql.tree import (
    Assign,
    Call,
    Collection,
    Expression,
    Is,
    Missing,
    Operation,
    Other,
    Path,
    Remove,
)
from jedlik.values import Invalid

Value = dict[str, Any]

PATH_DEPTH_MAX = 32
"""Steps of a document path (developer guide, Service quotas)."""

NO_BOOLEAN = "WHERE clause must contain an expression that resolves to a boolean"
NO_LIST = (
    "IN operator must have a left hand argument of type Variable Reference "
    "and right hand argument of type Seq with at least one member"
)
MISSING_IS_NO_VALUE = "MISSING must be compared using IS operator"

_COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_TESTABLE_TYPES = {
    "null": "NULL",
    "bool": "BOOL",
    "boolean": "BOOL",
    "blob": "B",
    "string": "S",
    "numeric": "N",
    "struct": "M",
    "tuple": "M",
    "list": "L",
}
_TYPE_NAMES = {"int": "INTEGER", "char": "CHARACTER", "varchar": "CHARACTER_VARYING"}


class Translation:
    """Trees made for one request; `values` are the values they refer to."""

    def __init__(self, bound: Bound) -> None:
        self.values: dict[str, Value] = {}
        self._bound = bound

    def where(self, conditions: Sequence[Expression]) -> syntax.Node | None:
        """All of these conditions together; None for none."""
        nodes = [self._condition(condition, NO_BOOLEAN) for condition in conditions]
        if len(nodes) > 1:
            return syntax.And(tuple(nodes))
        return nodes[0] if nodes else None

    def update(self, actions: Sequence[Assign | Remove]) -> tuple[syntax.Section, ...]:
        """The actions of an UPDATE, as the sections of an update expression."""
        sections: dict[Literal["SET", "REMOVE", "ADD", "DELETE"], list[syntax.Action]] = {}
        # Of two paths that overlap, AWS names the shorter first.
        for action in sorted(actions, key=lambda action: len(action.path.steps)):
            path = _path(action.path)
            if isinstance(action, Remove):
                sections.setdefault("REMOVE", []).append(syntax.Action(path))
            elif isinstance(action.value, Call) and action.value.name in ("set_add", "set_delete"):
                keyword: Literal["ADD", "DELETE"]
                keyword = "ADD" if action.value.name == "set_add" else "DELETE"
                members = self._set_operand(action.path, action.value)
                sections.setdefault(keyword, []).append(syntax.Action(path, members))
            else:
                value = self._assigned(action.value)
                sections.setdefault("SET", []).append(syntax.Action(path, value))
        return tuple(syntax.Section(key, tuple(made)) for key, made in sections.items())

    # Conditions

    def _condition(self, expression: Expression, otherwise: str) -> syntax.Node:
        """Something that is true or false; `otherwise` is said of anything else."""
        if isinstance(expression, Is):
            return self._type_test(expression)
        if isinstance(expression, Call) and expression.name != "size":
            return self._condition_call(expression)
        if isinstance(expression, Operation):
            return self._operation(expression)
        if isinstance(expression, Other):
            raise self._refused_other(expression)
        raise Invalid(otherwise)

    def _operation(self, expression: Operation) -> syntax.Node:
        operator, operands = expression.operator, expression.operands
        if operator in ("and", "or"):
            otherwise = "The arguments to AND/OR must be Expressions"
            if any(isinstance(each, Call) and each.name == "size" for each in operands):
                otherwise = (
                    "Incorrect operand type for operator or function; "
                    f"operator or function: {operator.upper()}, operand type: N"
                )
            parts = tuple(self._condition(operand, otherwise) for operand in operands)
            return syntax.And(parts) if operator == "and" else syntax.Or(parts)
        if operator == "not":
            otherwise = "The argument to NOT must be a Type or Expression"
            return syntax.Not(self._condition(operands[0], otherwise))
        if operator == "in":
            return self._membership(operands[0], operands[1])
        if operator == "between":
            subject, low, high = (self._operand(operand) for operand in operands)
            return syntax.Between(subject, low, high)
        if operator in _COMPARATORS:
            return syntax.Compare(operator, self._operand(operands[0]), self._operand(operands[1]))
        raise Invalid(f"Unsupported operator in Condition Expression. Operator: {operator}")

    def _membership(self, subject: Expression, members: Expression) -> syntax.Node:
        if not isinstance(members, Collection) or not members.items:
            raise Invalid(NO_LIST)
        choices = tuple(self._operand(member) for member in members.items)
        return syntax.In(self._operand(subject), choices)

    def _type_test(self, test: Is) -> syntax.Node:
        if not isinstance(test.operand, Path) and not is_value(test.operand):
            raise Invalid(
                "The left hand side argument to IS must be a Variable Reference, Literal, or Path"
            )
        subject = self._operand(test.operand)
        if test.type == "missing":
            if not isinstance(subject, syntax.Path):
                raise Invalid(
                    "Operator or function requires a document path; "
                    "operator or function: attribute_not_exists"
                )
            return syntax.Function("attribute_not_exists", (subject,))
        kind = _TESTABLE_TYPES.get(test.type)
        if kind is None:
            name = _TYPE_NAMES.get(test.type, test.type.upper())
            raise self._bound.located(
                f"Unsupported data type for IS operator: {name}. Supported data types are "
                "[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]",
                test,
            )
        return syntax.Function("attribute_type", (subject, self._named({"S": kind})))

    def _condition_call(self, call: Call) -> syntax.Function:
        if call.name not in CONDITION_FUNCTIONS:
            if call.name in UPDATE_FUNCTIONS:
                raise Invalid(
                    f"The function is not allowed in a condition expression; function: {call.name}"
                )
            raise Invalid(f"Unrecognized function: {call.name}")
        return syntax.Function(call.name, tuple(self._operand(each) for each in call.arguments))

    def _operand(self, expression: Expression) -> syntax.Operand:
        """A path, a value, or a call that yields one."""
        if isinstance(expression, Path):
            return _path(expression)
        if isinstance(expression, Call):
            call = self._condition_call(expression)
            if call.name != "size":
                raise Invalid(
                    "The function is not allowed to be used this way in an expression; "
                    f"function: {call.name}"
                )
            return call
        if is_value(expression):
            return self._named(value_of(self._bound, expression))
        raise self._refused(expression, "Condition")

    # Updates

    def _assigned(self, expression: Expression) -> syntax.Operand | syntax.Arithmetic:
        """What stands right of SET's equals sign."""
        if isinstance(expression, Operation) and expression.operator in ("+", "-"):
            if len(expression.operands) != 2:
                raise Invalid(
                    "Incorrect number of operands for operator or function; operator or function: "
                    f"{expression.operator}, number of operands: {len(expression.operands)}"
                )
            # A sum of more than two is a tree of sums, which update expressions do not have, but
            # their evaluator does.
            left = self._assigned(expression.operands[0])
            right = self._assigned(expression.operands[1])
            operator = cast(Literal["+", "-"], expression.operator)
            return syntax.Arithmetic(operator, cast(Any, left), cast(Any, right))
        if isinstance(expression, Path):
            return _path(expression)
        if isinstance(expression, Call):
            return self._update_call(expression)
        if is_value(expression):
            return self._named(value_of(self._bound, expression))
        if isinstance(expression, Is):
            raise Invalid("IS operator is not supported in update expressions")
        raise self._refused(expression, "Update")

    def _update_call(self, call: Call) -> syntax.Function:
        if call.name not in UPDATE_FUNCTIONS:
            if call.name in CONDITION_FUNCTIONS:
                raise Invalid(
                    f"The function is not allowed in an update expression; function: {call.name}"
                )
            raise Invalid(f"Unrecognized function: {call.name}")
        operands = tuple(cast(syntax.Operand, self._assigned(each)) for each in call.arguments)
        return syntax.Function(call.name, operands)

    def _set_operand(self, path: Path, call: Call) -> syntax.Value:
        """The members that SET_ADD and SET_DELETE name: a set, for the path assigned to."""
        name = call.name.upper()
        if len(call.arguments) != 2:
            raise self._bound.located(f"{name} must have exactly two arguments", call)
        subject, members = call.arguments
        if not isinstance(subject, Path) or subject.steps != path.steps:
            raise Invalid(f"The first argument to {name} must equal the assignment value")
        if is_value(members):
            value = value_of(self._bound, members)
            if value.keys() & {"SS", "NS", "BS"}:
                return self._named(value)
        # AWS points at the first argument.
        raise self._bound.located(
            f"The second argument to {name} must be a value with type SET", subject
        )

    # Both

    def _named(self, value: Value) -> syntax.Value:
        name = f":p{len(self.values)}"
        self.values[name] = value
        return syntax.Value(name)

    def _refused(self, expression: Expression, kind: str) -> Invalid:
        """What to say of something that can be no operand in this kind of expression."""
        if isinstance(expression, Other):
            return self._refused_other(expression)
        if isinstance(expression, Missing):
            return Invalid(MISSING_IS_NO_VALUE)
        operator = expression.operator if isinstance(expression, Operation) else "is"
        return Invalid(f"Unsupported operator in {kind} Expression. Operator: {operator}")

    def _refused_other(self, other: Other) -> Invalid:
        if other.name.startswith("ion "):
            ion_type = other.name.removeprefix("ion ")
            message = f"Ion Literals are not supported: {ion_type} under key root"
        elif other.name == "unpivot":
            message = "Unpivot path component like a.*.b are not supported"
        else:
            message = f"Unsupported token in expression: {other.name}"
        return self._bound.located(message, other)


def _path(path: Path) -> syntax.Path:
    if len(path.steps) > PATH_DEPTH_MAX:
        raise Invalid(
            f"The document path has too many nesting levels; nesting levels: {len(path.steps)}"
        )
    return syntax.Path(path.steps)
