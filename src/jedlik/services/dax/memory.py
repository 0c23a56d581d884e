"""What one node remembers, items and results together: least recently used first, within a bound.

An `Entry` is found under its key (item_cache.py and query_cache.py say which). Replies that were
already written for an entry hang on it by the message that asked (`Shelf`), so that a repeated
question is answered without being read; they go when their entry goes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from jedlik.services.dax.clusters import CacheTimes
from jedlik.services.dax.metrics import NodeMetrics, RequestMetrics

ENTRY_BYTES = 600
"""What an entry takes besides its content: the objects that hold it and its place in the order.
Measured: tests/unit/dax/test_memory.py."""
REPLY_BYTES = 400
REPLIES_MAX = 4
"""Messages that ask for the same: clients write a key in a way or two."""

ITEM, QUERY, SCAN = range(3)
"""Kinds of entries."""


class Entry:
    """Something remembered. content: the stored bytes of an item or None, or an answer's body.

    at_s: when it came, by the memory's clock. version: of the item's row, see ItemCache.
    """

    __slots__ = ("at_s", "content", "key", "kind", "replies", "size_bytes", "version")

    def __init__(
        self, key: Hashable, kind: int, content: bytes | None, at_s: float, version: int = 0
    ) -> None:
        self.key = key
        self.kind = kind
        self.content = content
        self.at_s = at_s
        self.version = version
        self.size_bytes = ENTRY_BYTES + (len(content) if content is not None else 0)
        self.replies: list[tuple[dict[bytes, Any], bytes]] = []


class Memory:
    """clock: seconds that only grow."""

    def __init__(
        self,
        bytes_max: int,
        *,
        times: CacheTimes,
        metrics: NodeMetrics,
        clock: Callable[[], float],
    ) -> None:
        self.bytes_max = bytes_max
        self.clock = clock
        self.times = times
        self._metrics = metrics
        self.entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._bytes = 0

    def find(self, key: Hashable) -> Entry | None:
        """A fresh entry, which thereby is the most recently used."""
        entry = self.entries.get(key)
        return entry if entry is not None and self.use(entry, self.clock()) else None

    def peek(self, key: Hashable) -> Entry | None:
        """An entry, fresh or not."""
        return self.entries.get(key)

    def use(self, entry: Entry, now_s: float) -> bool:
        """Whether an entry is fresh still; if not, it is dropped."""
        times = self.times
        ttl_ms = times.record_ttl_ms if entry.kind == ITEM else times.query_ttl_ms
        if ttl_ms and (now_s - entry.at_s) * 1000 >= ttl_ms:
            self.drop(entry)
            return False
        self.entries.move_to_end(entry.key)
        return True

    def holds(self, entry: Entry) -> bool:
        return self.entries.get(entry.key) is entry

    def add(self, entry: Entry) -> None:
        """Remember it in place of what has its key; what was used least makes room."""
        old = self.entries.get(entry.key)
        if old is not None:
            self.drop(old)
        if entry.size_bytes > self.bytes_max // 4:
            return  # one result must not push out everything else
        self.entries[entry.key] = entry
        self._grow(entry.size_bytes)

    def attach(self, entry: Entry, shelf: Shelf, message: bytes, reply: bytes, table: Any) -> None:
        """Keep the reply to a message with the entry that it was made of."""
        if not self.holds(entry) or len(entry.replies) >= REPLIES_MAX or message in shelf.replies:
            return
        size_bytes = REPLY_BYTES + len(message) + len(reply)
        if entry.size_bytes + size_bytes > self.bytes_max // 4:
            return
        shelf.replies[message] = (entry, reply, table)
        entry.replies.append((shelf.replies, message))
        entry.size_bytes += size_bytes
        self._grow(size_bytes)

    def drop(self, entry: Entry) -> None:
        if self.entries.get(entry.key) is not entry:
            return
        del self.entries[entry.key]
        self._bytes -= entry.size_bytes
        for replies, message in entry.replies:
            replies.pop(message, None)
        entry.replies.clear()
        self._tell_sizes()

    def clear(self, kinds: tuple[int, ...]) -> None:
        """Forget all entries of these kinds."""
        for entry in [each for each in self.entries.values() if each.kind in kinds]:
            self.drop(entry)

    @property
    def used_bytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self.entries)

    def _grow(self, size_bytes: int) -> None:
        self._bytes += size_bytes
        metrics = self._metrics
        while self._bytes > self.bytes_max:
            oldest = next(iter(self.entries.values()))
            metrics.evicted_items += 1
            metrics.evicted_bytes += oldest.size_bytes
            self.drop(oldest)
        self._tell_sizes()

    def _tell_sizes(self) -> None:
        self._metrics.cached_items = len(self.entries)
        self._metrics.cached_bytes = self._bytes


class Shelf:
    """Replies by the message that asks for them, for the clients of one account and region.

    A table that was changed or made anew since is another object in the catalog, which is how
    replies about the old one are found out.
    """

    def __init__(
        self,
        memory: Memory,
        metrics: NodeMetrics,
        *,
        cached_table: Callable[[str, str, str], Any],
    ) -> None:
        self.replies: dict[bytes, tuple[Entry, bytes, Any]] = {}
        self._memory = memory
        self._metrics = metrics
        self._cached_table = cached_table
        self._times = memory.times
        self._clock = memory.clock
        self._move_to_end = memory.entries.move_to_end
        self._requests: tuple[RequestMetrics, ...] = tuple(
            metrics.requests[name] for name in ("GetItem", "Query", "Scan")
        )

    def find(self, message: bytes, now_s: float) -> bytes | None:
        """The reply to a message, and count it; `now_s` is when the message came.

        `Memory.use` and `NodeMetrics.count` are written out here: this is all that happens
        between the socket and a hit.
        """
        found = self.replies.get(message)
        if found is None:
            return None
        entry, reply, table = found
        memory, metrics, times = self._memory, self._metrics, self._times
        if self._cached_table(table.account, table.region, table.name) is not table:
            memory.drop(entry)
            return None
        kind = entry.kind
        ttl_ms = times.query_ttl_ms if kind else times.record_ttl_ms
        if ttl_ms and (now_s - entry.at_s) * 1000 >= ttl_ms:
            memory.drop(entry)
            return None
        self._move_to_end(entry.key)
        if not kind:
            metrics.item_hits += 1
        elif kind == QUERY:
            metrics.query_hits += 1
        else:
            metrics.scan_hits += 1
        requests = self._requests[kind]
        took_s = self._clock() - now_s
        requests.sum_s += took_s
        requests.buckets[int(took_s * 1e6).bit_length()] += 1
        return reply
