"""What a SELECT gives back of each item. Pure.

Unlike a projection expression, a path's value comes back under the path's last name, on its own:
`SELECT m.list[1]` answers `{"list[1]": …}`, as DynamoDB Local does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jedlik.tables.expressions.overlap import check_apart
from jedlik.tables.expressions.scope import fetch
from jedlik.tables.partiql.tree import Path, Step
from jedlik.values import Invalid

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """The paths of a SELECT list and the names their values come back under."""

    fields: tuple[tuple[str, tuple[Step, ...]], ...]

    @property
    def top_level(self) -> frozenset[str]:
        """The attributes that are looked at."""
        return frozenset(str(steps[0]) for _, steps in self.fields)

    @property
    def entered(self) -> tuple[str, ...]:
        """Those of them that a path leads into, which keys must not be."""
        return tuple(str(steps[0]) for _, steps in self.fields if len(steps) > 1)

    def apply(self, item: Item) -> Item:
        """The values that are there; the item stays as it is."""
        found: Item = {}
        for name, steps in self.fields:
            value = fetch(item, steps)
            if value is not None:
                found[name] = value
        return found


def projection_of(paths: Sequence[Path] | None) -> Projection | None:
    """None for `*`; raises Invalid when two paths overlap or share their last name."""
    if paths is None:
        return None
    fields: dict[str, tuple[Step, ...]] = {}
    for path in paths:
        name = _name(path.steps)
        if name in fields:
            raise Invalid(f"Duplicate identifiers in select clause: {name}")
        fields[name] = path.steps
    # Of two paths that overlap, AWS names the shorter first.
    check_apart(sorted(fields.values(), key=len))
    return Projection(tuple(fields.items()))


def _name(steps: tuple[Step, ...]) -> str:
    """The last name of a path, with the list positions behind it."""
    last = max(position for position, step in enumerate(steps) if isinstance(step, str))
    return str(steps[last]) + "".join(f"[{position}]" for position in steps[last + 1 :])
