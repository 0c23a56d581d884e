"""Projections: the parts of an item that some paths name, in the item's own shape.

Also what ReturnValues UPDATED_OLD and UPDATED_NEW return: the parts that an update's paths name.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from msgspec import Struct

from jedlik.tables.expressions.overlap import check_apart
from jedlik.tables.expressions.parser import parse_projection
from jedlik.tables.expressions.placeholders import Placeholders
from jedlik.tables.expressions.scope import Item, Resolved, Scope
from jedlik.tables.expressions.syntax import Alias
from jedlik.values import Invalid

# What is wanted below a place: None for all of it, or the parts by name or position.
Wanted = dict[Any, Any]


class Projection:
    """Which parts of an item to keep."""

    __slots__ = ("_nested", "_wanted", "entered", "top_level")

    def __init__(self, paths: Iterable[Resolved]) -> None:
        self._wanted = _tree(paths)
        self._nested = any(below is not None for below in self._wanted.values())
        self.top_level: frozenset[str] = frozenset(self._wanted)
        """The attributes it looks at."""
        self.entered = tuple(name for name, below in self._wanted.items() if below is not None)
        """Those of them that a path leads into, which keys must not be."""

    def apply(self, item: Item) -> Item:
        """A new item of the wanted parts; lists close up, in order; what is missing is left out."""
        if not self._nested:
            return {name: item[name] for name in self._wanted if name in item}
        kept = {}
        for name, below in self._wanted.items():
            value = item.get(name)
            if value is not None:
                if below is not None:
                    value = _part(value, below)
                    if value is None:
                        continue
                kept[name] = value
        return kept


def _tree(paths: Iterable[Resolved]) -> Wanted:
    root: Wanted = {}
    for path in paths:
        level = root
        for part in path[:-1]:
            level = level.setdefault(part, {})
        level[path[-1]] = None
    for below in root.values():
        _sort_positions(below)
    return root


def _sort_positions(wanted: Wanted | None) -> None:
    """Puts list positions in order, at every depth."""
    if wanted is None:
        return
    if wanted and type(next(iter(wanted))) is int:
        ordered = sorted(wanted.items())
        wanted.clear()
        wanted.update(ordered)
    for below in wanted.values():
        _sort_positions(below)


def _part(value: dict[str, Any], wanted: Wanted) -> dict[str, Any] | None:
    """The wanted parts of a list or map; None if it has none of them."""
    found: Any
    if type(next(iter(wanted))) is int:
        elements = value.get("L")
        if elements is None:
            return None
        found = []
        for position, below in wanted.items():
            if position >= len(elements):
                break
            element = elements[position]
            if below is not None:
                element = _part(element, below)
            if element is not None:
                found.append(element)
        return {"L": found} if found else None
    members = value.get("M")
    if members is None:
        return None
    found = {}
    for name, below in wanted.items():
        member = members.get(name)
        if member is not None:
            if below is not None:
                member = _part(member, below)
            if member is not None:
                found[name] = member
    return {"M": found} if found else None


class _Compiled(Struct, frozen=True):
    projection: Projection
    used_names: frozenset[str]


def projection(
    text: str, placeholders: Placeholders, *, name: str = "ProjectionExpression"
) -> Projection:
    """The projection a text states. Raises Invalid."""
    try:
        compiled = placeholders.once(_compiled)(text, placeholders.names_key)
    except Invalid as refused:
        raise Invalid(f"Invalid {name}: {refused.message}") from None
    placeholders.used_names |= compiled.used_names
    return compiled.projection


@lru_cache(maxsize=1024)
def _compiled(text: str, names: tuple[tuple[str, str], ...]) -> _Compiled:
    scope = Scope(names, ())
    paths = parse_projection(text)
    # The service looks for overlaps before it minds an alias that is not defined.
    check_apart([resolve_leniently(path.parts, scope) for path in paths])
    resolved = [scope.resolve(path) for path in paths]
    return _Compiled(Projection(resolved), frozenset(scope.used_names))


def resolve_leniently(parts: tuple[str | int | Alias, ...], scope: Scope) -> Resolved:
    """A path in which an alias that is not defined stands for itself."""
    return tuple(
        [
            scope.names.get(part.text, part.text) if isinstance(part, Alias) else part
            for part in parts
        ]
    )
