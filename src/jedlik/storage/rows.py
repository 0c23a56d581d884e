"""What engines do for every single row, where Python's form is a detour.

`rows.pyx` is this module for the compiled form: it hashes a key once where several tables are
asked, and compares keys without asking what they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from typing import TypeVar

from jedlik.storage.waist import Key, Row

T = TypeVar("T")
_made: Callable[[tuple[int, bytes]], Row] = partial(tuple.__new__, Row)

ROW_OVERHEAD = 600  # bytes of key tuple, row, numbers, object headers, dictionary and order slots


def new_row(version: int, value: bytes) -> Row:
    """`Row(version, value)`."""
    return _made((version, value))


def find(key: Key, tables: tuple[Mapping[Key, Row | None], ...], missing: T) -> Row | T | None:
    """What the first of these tables that has the key has for it."""
    for table in tables:
        row = table.get(key, missing)
        if row is not missing:
            return row
    return missing


def place(keys: list[Key], key: Key) -> int:
    """Where in sorted keys this one belongs: behind all that are less. `key`: a whole one, a tuple
    of one number and three times bytes."""
    return bisect_left(keys, key)


def lay_over(
    table: MutableMapping[Key, Row | None],
    group: Mapping[Key, Row | None],
    is_new: Callable[[Key], None],
) -> int:
    """Put all rows of a group into a table; by how many bytes that grows. `is_new` is told of the
    keys that it had not."""
    size = 0
    for key, row in group.items():
        if key not in table:
            is_new(key)
            size += ROW_OVERHEAD + len(key[2]) + len(key[3])
        else:
            before = table[key]
            if before is not None:
                size -= len(before.value)
        table[key] = row
        if row is not None:
            size += len(row.value)
    return size
