"""Paths in each other's way: two of one update or projection may not touch the same part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.tables.expressions.scope import Resolved, shown
from jedlik.values import Invalid


def check_apart(paths: Sequence[Resolved]) -> None:
    """Refuses a path that contains another, and a map and a list in the same place.

    Raises Invalid naming the earlier path first.
    """
    if len(paths) == 1:
        return
    # A tree of what was seen: each node maps a part to (subtree, index of the path ending here or
    # None, index of the first path through here).
    root: dict[Any, _Node] = {}
    for at, path in enumerate(paths):
        level = root
        last = len(path) - 1
        for depth, part in enumerate(path):
            if level and depth:
                sample = next(iter(level))
                if type(sample) is not type(part):
                    raise _refusal("conflict", paths[level[sample].first], path)
            node = level.get(part)
            if node is None:
                level[part] = node = _Node(at)
            elif depth == last or node.ends:
                raise _refusal("overlap", paths[node.first], path)
            if depth == last:
                node.ends = True
            level = node.below


class _Node:
    __slots__ = ("below", "ends", "first")

    def __init__(self, first: int) -> None:
        self.first = first
        self.ends = False
        self.below: dict[Any, _Node] = {}


def _refusal(how: str, one: Resolved, two: Resolved) -> Invalid:
    return Invalid(
        f"Two document paths {how} with each other; must remove or rewrite one of these paths; "
        f"path one: {shown(one)}, path two: {shown(two)}"
    )
