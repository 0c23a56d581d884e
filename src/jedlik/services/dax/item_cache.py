"""The item cache: what a read by key found, absence included, and what writes left.

    (space, token, sort) -> the item's stored bytes, None where there is no item

A table that was deleted and made anew has another space, so its entries never mix. Reads bring
rows in (`ticket`, then `fill`), writes through the cluster replace them (`written`). Whoever
writes around the cluster is seen when the entry's time is up, as AWS documents it.
"""

from __future__ import annotations

from jedlik.services.dax.clusters import Wrote
from jedlik.services.dax.memory import ITEM, Entry, Memory

Key = tuple[int, bytes, bytes]

SLOTS = 4096
"""Counters of writes, keys spread over them: a read on its way is void if its counter moved."""


class ItemCache:
    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._writes = [0] * SLOTS

    def find(self, key: Key) -> Entry | None:
        """What is remembered, if it is fresh."""
        return self.memory.find(key)

    def ticket(self, key: Key) -> int:
        """To be taken before the row is read that `fill` will bring."""
        return self._writes[hash(key) % SLOTS]

    def fill(self, key: Key, ticket: int, version: int, value: bytes | None) -> Entry | None:
        """Remember what a read found, unless a write came in between.

        version: of the row; 0 where there was none.
        """
        if self._writes[hash(key) % SLOTS] != ticket:
            return None
        entry = Entry(key, ITEM, value, self.memory.clock(), version)
        self.memory.add(entry)
        return entry

    def written(self, write: Wrote) -> None:
        """Take the image that a write left. One that is older than what is here comes late.

        Without a version it is not known what the write left (or whether it happened): forget.
        """
        key = (write.space, write.token, write.sort)
        self._writes[hash(key) % SLOTS] += 1
        memory = self.memory
        if not write.version:
            known = memory.peek(key)
            if known is not None:
                memory.drop(known)
            return
        known = memory.peek(key)
        if known is not None and known.version > write.version:
            return
        memory.add(Entry(key, ITEM, write.value, memory.clock(), write.version))

    def clear(self) -> None:
        self._writes = [count + 1 for count in self._writes]
        self.memory.clear((ITEM,))
