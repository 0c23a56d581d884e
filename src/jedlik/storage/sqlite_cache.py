"""The write-through cache of rows that lets the SQLite engine answer most reads from memory.

It holds what SQLite holds or held, nothing that is pending or in the journal only: who has a table
of newer rows asks that first. None stands for "known to be absent". Eviction is by generations: a
hit in `young` is one dictionary look-up and no bookkeeping; when `young` has grown to its share it
becomes the old generation, and the old one is taken apart a few rows at a time.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from jedlik.storage.waist import Key, Row


class Missing(Enum):
    MISSING = 0


MISSING: Final = Missing.MISSING

_ROW_OVERHEAD = 400  # bytes of key tuple, row, numbers, object headers and dictionary slots
_FREED_PER_PUT = 4


class RowCache:
    __slots__ = ("_dead", "_old", "_share", "_young_bytes", "young")

    def __init__(self, byte_limit: int) -> None:
        # Young, old, and a dead generation of which a quarter is left when young is a quarter
        # full: at the worst 2.25 shares are held.
        self._share = byte_limit * 4 // 9
        self._young_bytes = 0
        self.young: dict[Key, Row | None] = {}
        self._old: dict[Key, Row | None] = {}
        self._dead: dict[Key, Row | None] = {}

    def find_old(self, key: Key) -> Row | Missing | None:
        """What the old generation knows of `key`, made young again. For use after a miss."""
        row = self._old.pop(key, MISSING)
        if row is not MISSING:
            self.put(key, row)
        return row

    def put(self, key: Key, row: Row | None) -> None:
        young = self.young
        before = young.get(key, MISSING)
        young[key] = row
        size = 0 if row is None else len(row.value)
        if before is MISSING:
            size += _ROW_OVERHEAD + len(key[2])
        elif before is not None:
            size -= len(before.value)
        self._young_bytes += size
        if self._young_bytes > self._share:
            self._turn()
        dead = self._dead
        if dead:
            for _ in range(min(_FREED_PER_PUT, len(dead))):
                dead.popitem()

    def forget(self, key: Key) -> None:
        row = self.young.pop(key, MISSING)
        if row is not MISSING:
            size = 0 if row is None else len(row.value)
            self._young_bytes -= _ROW_OVERHEAD + len(key[2]) + size
        if self._old:
            self._old.pop(key, None)

    def forget_all(self) -> None:
        self.young.clear()
        self._old.clear()
        self._young_bytes = 0

    def forget_space(self, space: int) -> None:
        for generation in (self.young, self._old):
            for key in [key for key in generation if key[0] == space]:
                del generation[key]

    def sizes(self) -> tuple[int, int]:
        """(rows, bytes) held; bytes of the old generation are counted as a full share."""
        rows = len(self.young) + len(self._old)
        return rows, self._young_bytes + (self._share if self._old else 0)

    def _turn(self) -> None:
        self._dead = self._old
        self._old = self.young
        self.young = {}
        self._young_bytes = 0
