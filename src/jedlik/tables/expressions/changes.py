"""Applying changes at document paths to an item, copying only what changes.

`Changes` is used once per nested update; updates of whole attributes do without it. Also the
arithmetic of ADD and DELETE on one value.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from jedlik.tables.expressions.scope import Item, Resolved
from jedlik.tables.expressions.set_values import WRONG_TYPE
from jedlik.values import Invalid, add
from jedlik.values.check import NESTING_MAX, TOO_DEEP

INVALID_PATH = "The document path provided in the update expression is invalid for update"


class Changes:
    """A new item on its way: shares with the old one whatever was not changed."""

    def __init__(self, old: Item) -> None:
        self.old = old
        self.item = dict(old)
        # Containers copied already, which may be changed in place. The values keep them alive, so
        # that an id is not given to another.
        self._own: dict[int, Any] = {id(self.item): self.item}

    def put(self, path: Resolved, value: dict[str, Any]) -> None:
        """Sets what is at a path; beyond the end of a list, appends. Raises Invalid."""
        last = path[-1]
        if len(path) == 1:
            self.item[last] = value  # type: ignore[index]
            return
        kind = "L" if type(last) is int else "M"
        check_depth(value, len(path) - 1)
        container = self._container(path, kind)
        if type(last) is int:
            if last < len(container):
                container[last] = value
            else:
                container.append(value)
        else:
            container[last] = value

    def remove(self, path: Resolved) -> None:
        """Takes away what is at a path, which must be there."""
        last = path[-1]
        if len(path) == 1:
            del self.item[last]  # type: ignore[arg-type]
            return
        container = self._container(path, "L" if type(last) is int else "M")
        del container[last]

    def _container(self, path: Resolved, kind: str) -> Any:
        """The list or map that holds the last part of a path, ours to change."""
        inside: Any = self.item
        for part, following in pairwise(path):
            wanted = "L" if type(following) is int else "M"
            value = self._step(inside, part)
            if value is None or wanted not in value:
                raise Invalid(INVALID_PATH)
            content = value[wanted]
            if id(content) not in self._own:
                content = content.copy()
                self._own[id(content)] = content
                inside[part] = {wanted: content}
            inside = content
        return inside

    @staticmethod
    def _step(inside: Any, part: str | int) -> dict[str, Any] | None:
        if type(part) is int:
            return inside[part] if part < len(inside) else None
        return inside.get(part)  # type: ignore[no-any-return]


def find(item: Item, path: Resolved) -> dict[str, Any] | None:
    """What is at a path, None if nothing; raises Invalid where nothing could be put there."""
    inside: Any = item
    for part, following in pairwise(path):
        value = Changes._step(inside, part)
        wanted = "L" if type(following) is int else "M"
        if value is None or wanted not in value:
            raise Invalid(INVALID_PATH)
        inside = value[wanted]
    return Changes._step(inside, path[-1])


def check_depth(value: dict[str, Any], enclosing: int) -> None:
    """Refuses a value too deep for its place: enclosing lists and maps and its own."""
    level = [value]
    while level:
        inner = []
        for element in level:
            for kind, content in element.items():
                if kind == "L":
                    inner.extend(content)
                elif kind == "M":
                    inner.extend(content.values())
                else:
                    continue
                if enclosing + 1 >= NESTING_MAX:
                    raise Invalid(TOO_DEEP)
        enclosing += 1
        level = inner


def added(old: dict[str, Any] | None, operand: dict[str, Any]) -> dict[str, Any]:
    """What ADD makes of a value: a sum, or a set with more members. Raises Invalid."""
    if old is None:
        return operand
    for kind, content in operand.items():
        if kind not in old:
            break
        if kind == "N":
            return {"N": add(old["N"], content)}
        members = dict.fromkeys(old[kind])
        members.update(dict.fromkeys(content))
        return {kind: list(members)}
    raise Invalid(WRONG_TYPE)


def deleted(old: dict[str, Any], operand: dict[str, Any]) -> dict[str, Any] | None:
    """What DELETE leaves of a set; None when nothing is left. Raises Invalid."""
    for kind, content in operand.items():
        if kind not in old:
            break
        gone = set(content)
        left = [member for member in old[kind] if member not in gone]
        return {kind: left} if left else None
    raise Invalid(WRONG_TYPE)
