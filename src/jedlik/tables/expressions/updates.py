"""Updates: SET, REMOVE, ADD and DELETE compiled to a plan, applied to an item without changing it.

Every operand is read from the old item; then SET and ADD put their results, then REMOVE and
emptied sets go. Only what lies on a touched path is copied. Checks come in the order observed on
DynamoDB Local, which shares the real service's engine: overlapping paths, names, then values and
operand types by section (SET, REMOVE, ADD, DELETE).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

from msgspec import Struct

from jedlik.tables.expressions.changes import Changes, added, deleted, find
from jedlik.tables.expressions.overlap import check_apart
from jedlik.tables.expressions.parser import parse_update
from jedlik.tables.expressions.placeholders import Placeholders
from jedlik.tables.expressions.projections import Projection, resolve_leniently
from jedlik.tables.expressions.scope import Item, Resolved, Scope, Values
from jedlik.tables.expressions.set_values import SetValue, set_value
from jedlik.tables.expressions.syntax import Arithmetic, Function, Operand, Section, Value
from jedlik.values import Invalid

_SECTION_ORDER = ("SET", "REMOVE", "ADD", "DELETE")
_ADD_KINDS = frozenset(("N", "SS", "NS", "BS"))
_DELETE_KINDS = frozenset(("SS", "NS", "BS"))
# ADD and DELETE name types in full where everything else uses the short names.
_LONG_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
    "M": "MAP",
    "L": "LIST",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
}


class Step(Struct, frozen=True):
    """One change: put what `value` computes, add or delete it, or remove what is at the path."""

    kind: Literal["SET", "REMOVE", "ADD", "DELETE"]
    path: Resolved
    value: SetValue | None = None


class CompiledUpdate(Struct, frozen=True):
    """A plan for one set of names and value types."""

    flat: tuple[Step, ...] | None
    """The steps, if all are about whole attributes."""
    puts: tuple[Step, ...]
    takes: tuple[Step, ...]
    touched: tuple[Resolved, ...]
    parts: Projection
    used_names: frozenset[str]
    used_values: frozenset[str]
    entered: tuple[str, ...]
    mentioned: tuple[str, ...]


class Update:
    """An update bound to the values of one request."""

    __slots__ = ("_plan", "_values", "touched")

    def __init__(self, plan: CompiledUpdate, values: Values) -> None:
        self._plan = plan
        self._values = values
        self.touched = plan.touched
        """The document paths it changes, as tuples of names and list positions."""

    @property
    def top_level(self) -> frozenset[str]:
        """The attributes it changes."""
        return self._plan.parts.top_level

    @property
    def entered(self) -> tuple[str, ...]:
        """The attributes that a path leads into, which keys must not be."""
        return self._plan.entered

    @property
    def mentioned(self) -> tuple[str, ...]:
        """The attributes that it changes or reads."""
        return self._plan.mentioned

    def check_keys(self, key_names: Collection[str]) -> None:
        """Raises Invalid if the update would change an attribute of the table's key."""
        for path in self.touched:
            if path[0] in key_names:
                raise Invalid(
                    "One or more parameter values were invalid: "
                    f"Cannot update attribute {path[0]}. This attribute is part of the key"
                )

    def apply(self, item: Item) -> Item:
        """A new item; the old one is left as it is. Raises Invalid in AWS's words."""
        plan, values = self._plan, self._values
        if plan.flat is not None:
            return _apply_flat(plan.flat, item, values)
        return _apply_nested(plan, item, values)

    def updated_old(self, old: Item | None) -> Item:
        """What ReturnValues UPDATED_OLD shows: the touched parts as they were."""
        return self._plan.parts.apply(old or {})

    def updated_new(self, new: Item) -> Item:
        """What ReturnValues UPDATED_NEW shows: the touched parts as they are now."""
        return self._plan.parts.apply(new)


def _apply_flat(steps: tuple[Step, ...], item: Item, values: Values) -> Item:
    new = dict(item)
    for step in steps:
        name: Any = step.path[0]
        if step.kind == "SET":
            new[name] = step.value(item, values)  # type: ignore[misc]
        elif step.kind == "ADD":
            new[name] = added(item.get(name), step.value(item, values))  # type: ignore[misc]
        elif step.kind == "REMOVE":
            new.pop(name, None)
        else:
            old = item.get(name)
            if old is not None:
                left = deleted(old, step.value(item, values))  # type: ignore[misc]
                if left is None:
                    del new[name]
                else:
                    new[name] = left
    return new


def _apply_nested(plan: CompiledUpdate, item: Item, values: Values) -> Item:
    changes = Changes(item)
    results: list[tuple[Resolved, dict[str, Any]]] = []
    gone: list[Resolved] = []
    for step in plan.puts:
        old = find(item, step.path)  # first: a path that leads nowhere is named before operands
        operand = step.value(item, values)  # type: ignore[misc]
        if step.kind == "ADD":
            operand = added(old, operand)
        results.append((step.path, operand))
    for step in plan.takes:
        old = find(item, step.path)
        if old is None:
            continue
        if step.kind == "DELETE":
            left = deleted(old, step.value(item, values))  # type: ignore[misc]
            if left is not None:
                results.append((step.path, left))
                continue
        gone.append(step.path)
    for path, result in results:
        changes.put(path, result)
    # From the end of each list, so that the positions before it still hold; what goes from inside
    # an element goes before the elements in front of it do.
    for path in sorted(gone, key=_place, reverse=True):
        changes.remove(path)
    return changes.item


def _place(path: Resolved) -> tuple[tuple[int, str], ...]:
    """Sorts paths as their elements stand in lists, at every level."""
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in path)


def _position(path: Resolved) -> int:
    last = path[-1]
    return last if isinstance(last, int) else -1


def update(
    text: str,
    placeholders: Placeholders,
    *,
    key_names: Collection[str] = (),
    name: str = "UpdateExpression",
) -> Update:
    """The update a text states. Raises Invalid.

    key_names: the table's key attributes, which may not change; give them here or later, once the
    table is known, to Update.check_keys.
    """
    try:
        plan = placeholders.once(_compiled)(text, placeholders.names_key, placeholders.kinds)
    except Invalid as refused:
        raise Invalid(f"Invalid {name}: {refused.message}") from None
    placeholders.used_names |= plan.used_names
    placeholders.used_values |= plan.used_values
    bound = Update(plan, placeholders.values)
    if key_names:
        bound.check_keys(key_names)
    return bound


def update_of(sections: Sequence[Section], values: Values) -> Update:
    """The update of syntax trees with plain names; values by their names in them.

    For PartiQL, whose trees come from its own parser. Raises Invalid with the bare complaint.
    """
    kinds = tuple(part for name, value in values.items() for part in (name, next(iter(value))))
    return Update(compile_update(tuple(sections), Scope((), kinds)), values)


def update_from_steps(steps: Iterable[Step]) -> Update:
    """The update of steps that hold their own values: AttributeUpdates come this way."""
    listed = tuple(steps)
    return Update(_plan(listed, Scope((), ())), {})


@lru_cache(maxsize=1024)
def _compiled(
    text: str, names: tuple[tuple[str, str], ...], kinds: tuple[str, ...]
) -> CompiledUpdate:
    return compile_update(parse_update(text), Scope(names, kinds))


def compile_update(sections: tuple[Section, ...], scope: Scope) -> CompiledUpdate:
    """Checks paths and operands and makes a plan. Raises Invalid."""
    actions = [(section.keyword, action) for section in sections for action in section.actions]
    check_apart([resolve_leniently(action.path.parts, scope) for _, action in actions])
    for _, action in actions:
        scope.resolve(action.path)
        _resolve_all(action.value, scope)
    steps = []
    for keyword in _SECTION_ORDER:
        for of, action in actions:
            if of == keyword:
                value = None if action.value is None else set_value(action.value, scope)
                steps.append(Step(of, scope.resolve(action.path), value))
        for of, action in actions:
            if of == keyword != "SET" and isinstance(action.value, Value):
                _check_kind(keyword, scope.kinds[action.value.name])
    return _plan(tuple(steps), scope)


def _resolve_all(operand: Operand | Arithmetic | None, scope: Scope) -> None:
    """Names are looked at throughout the update before any value is."""
    if isinstance(operand, Function):
        for inner in operand.operands:
            _resolve_all(inner, scope)
    elif isinstance(operand, Arithmetic):
        _resolve_all(operand.left, scope)
        _resolve_all(operand.right, scope)
    elif operand is not None and not isinstance(operand, Value):
        scope.resolve(operand)


def _check_kind(keyword: str, kind: str) -> None:
    if kind not in (_ADD_KINDS if keyword == "ADD" else _DELETE_KINDS):
        raise Invalid(
            f"Incorrect operand type for operator or function; operator: {keyword}, "
            f"operand type: {_LONG_NAMES[kind]}, typeSet: ALLOWED_FOR_{keyword}_OPERAND"
        )


def _plan(steps: tuple[Step, ...], scope: Scope) -> CompiledUpdate:
    touched = tuple(step.path for step in steps)
    flat = all(len(path) == 1 for path in touched)
    return CompiledUpdate(
        flat=steps if flat else None,
        # Elements beyond the end of a list are appended in order of their positions.
        puts=tuple(
            sorted(
                (step for step in steps if step.kind in ("SET", "ADD")),
                key=lambda step: _position(step.path),
            )
        ),
        takes=tuple(step for step in steps if step.kind in ("REMOVE", "DELETE")),
        touched=touched,
        parts=Projection(touched),
        used_names=frozenset(scope.used_names),
        used_values=frozenset(scope.used_values),
        entered=tuple(scope.entered),
        mentioned=tuple(dict.fromkeys((*scope.top_level, *(str(path[0]) for path in touched)))),
    )
