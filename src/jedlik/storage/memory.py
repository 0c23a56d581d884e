"""The memory engine: everything in dictionaries, nothing on disk. For tests and `--memory`.

A commit completes without suspending, so that what is pending and what is durable never differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jedlik.storage.ordered_keys import OrderedKeys
from jedlik.storage.rows import new_row
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Change,
    Conflict,
    Delete,
    Entry,
    Health,
    Key,
    LogBounds,
    LogEntry,
    Page,
    Put,
    Row,
    SpaceDropped,
    Stats,
    StorageClosed,
    refuse_dropped,
    refuse_dropped_put,
)

# What `Entry(...)` does, without its Python function.
_new_entry: Callable[[tuple[bytes, bytes, bytes, int, bytes]], Entry] = partial(
    tuple.__new__, Entry
)
_BURIED_PER_TICK = 2000


class _Log:
    """`records[i]` has seq `trimmed + 1 + i`."""

    __slots__ = ("records", "trimmed")

    def __init__(self) -> None:
        self.trimmed = 0
        self.records: list[bytes] = []


class _Space:
    __slots__ = ("logs", "order", "rows", "tally_bytes", "tally_rows")

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self.order = OrderedKeys()
        self.logs: dict[int, _Log] = {}
        self.tally_rows = 0
        self.tally_bytes = 0


class MemoryEngine:
    # With a dictionary, so that a test can put something in the place of a method.
    __slots__ = ("__dict__", "_buried", "_closed", "_dropped", "_spaces")
    embedded = True

    def __init__(self) -> None:
        self._spaces: dict[int, _Space] = {}
        self._dropped: set[int] = set()
        self._buried: list[dict[Key, Row]] = []
        self._closed = False

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        space = self._spaces.get(key[0])
        return None if space is None else space.rows.get(key)

    def peek(self, key: Key) -> Row | None:
        space = self._spaces.get(key[0])
        return None if space is None else space.rows.get(key)

    def row_at_once(self, key: Key) -> Row | None:
        """`get_one` without waiting."""
        space = self._spaces.get(key[0])
        return None if space is None else space.rows.get(key)

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        return [self._row(key) for key in keys]

    async def range(
        self,
        space: int,
        token: bytes,
        low: bytes | None,
        high: bytes | None,
        *,
        low_open: bool = False,
        high_open: bool = False,
        reverse: bool = False,
        after: tuple[bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        # All bounds become one half-open interval of key prefixes; x + b"\0" follows x directly.
        first: tuple[Any, ...] = (space, token)
        end: tuple[Any, ...] = (space, token + b"\0")
        if low is not None:
            first = (space, token, low + b"\0" if low_open else low)
        if high is not None:
            end = (space, token, high if high_open else high + b"\0")
        if after is not None:
            if reverse:
                end = min(end, (space, token, *after))
            else:
                first = max(first, (space, token, after[0], after[1] + b"\0"))
        return self._page(space, first, end, reverse, item_limit, byte_limit)

    async def scan(
        self,
        space: int,
        token_low: bytes,
        token_high: bytes | None,
        *,
        after: tuple[bytes, bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        first: tuple[Any, ...] = (space, token_low)
        end: tuple[Any, ...] = (space + 1,) if token_high is None else (space, token_high)
        if after is not None:
            first = max(first, (space, after[0], after[1], after[2] + b"\0"))
        return self._page(space, first, end, False, item_limit, byte_limit)

    async def commit(self, batch: Batch) -> Conflict | None:
        if self._closed:
            raise StorageClosed("the memory engine is closed")
        version, writes, changes, tallies, _ = batch
        if self._dropped:
            refuse_dropped(batch, self._dropped)
        for index, write in enumerate(writes):
            expect = write.expect
            if expect != ANY:
                row = self._row(write.key)
                if (ABSENT if row is None else row.version) != expect:
                    return Conflict(index, row)
        for write in writes:
            if type(write) is Put:
                key = write.key
                space = self._spaces.get(key[0]) or self._space(key[0])
                count = len(space.rows)
                space.rows[key] = new_row(version, write.value)
                if len(space.rows) != count:
                    space.order.add(key)
            elif type(write) is Delete:
                key = write.key
                space = self._space(key[0])
                if space.rows.pop(key, None) is not None:
                    space.order.remove(key)
        for change in changes:
            self._add(change)
        for number, rows, size in tallies:
            space = self._space(number)
            space.tally_rows += rows
            space.tally_bytes += size
        return None

    def put_seen(
        self,
        key: Key,
        version: int,
        value: bytes,
        rows: int,
        size: int,
        change: Change | None = None,
    ) -> None:
        if self._closed:
            raise StorageClosed("the memory engine is closed")
        number = key[0]
        if self._dropped:
            refuse_dropped_put(number, change, self._dropped)
        space = self._spaces.get(number) or self._space(number)
        there = space.rows
        count = len(there)
        there[key] = new_row(version, value)
        if len(there) != count:
            space.order.add(key)
        space.tally_rows += rows
        space.tally_bytes += size
        if change is not None:
            self._add(change)

    def _add(self, change: Change) -> None:
        logs = self._space(change.space).logs
        log = logs.get(change.part)
        if log is None:
            log = logs[change.part] = _Log()
        log.records.append(change.record)

    async def log_read(
        self, space: int, part: int, after: int, limit: int, *, byte_limit: int = 4 << 20
    ) -> list[LogEntry]:
        log = self._log(space, part)
        if log is None:
            return []
        start = max(after - log.trimmed, 0)
        entries: list[LogEntry] = []
        used = 0
        for at, record in enumerate(log.records[start : start + limit], start):
            used += len(record)
            if entries and used > byte_limit:
                break
            entries.append(LogEntry(log.trimmed + 1 + at, record))
        return entries

    async def log_bounds(self, space: int, part: int) -> LogBounds:
        log = self._log(space, part)
        if log is None:
            return LogBounds(1, 0)
        return LogBounds(log.trimmed + 1, log.trimmed + len(log.records))

    async def log_trim(self, space: int, part: int, upto: int) -> None:
        log = self._log(space, part)
        if log is not None:
            count = min(max(upto - log.trimmed, 0), len(log.records))
            del log.records[:count]
            log.trimmed += count

    async def space_create(self, space: int) -> None:
        if space in self._dropped:
            raise SpaceDropped(f"space {space} was dropped")

    async def space_drop(self, space: int) -> None:
        self._dropped.add(space)
        gone = self._spaces.pop(space, None)
        if gone is not None and gone.rows:
            self._buried.append(gone.rows)
            if len(self._buried) == 1:
                asyncio.get_running_loop().call_soon(self._bury)

    async def stats(self, space: int) -> Stats:
        found = self._spaces.get(space)
        return Stats(0, 0) if found is None else Stats(found.tally_rows, found.tally_bytes)

    async def version_floor(self) -> int:
        return 0  # nothing is older than the process

    async def health(self) -> Health:
        rows = sum(len(space.rows) for space in self._spaces.values())
        return Health("memory", not self._closed, None, {"rows": rows})

    async def close(self) -> None:
        self._closed = True

    def _row(self, key: Key) -> Row | None:
        space = self._spaces.get(key[0])
        return None if space is None else space.rows.get(key)

    def _space(self, number: int) -> _Space:
        space = self._spaces.get(number)
        if space is None:
            space = self._spaces[number] = _Space()
        return space

    def _log(self, space: int, part: int) -> _Log | None:
        found = self._spaces.get(space)
        return None if found is None else found.logs.get(part)

    def _page(
        self,
        number: int,
        first: tuple[Any, ...],
        end: tuple[Any, ...],
        reverse: bool,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        space = self._spaces.get(number)
        if space is None or first >= end:
            return Page([], False)
        walk = space.order.descending if reverse else space.order.ascending
        keys = walk(first, end, item_limit + 1)
        entries: list[Entry] = []
        rows = space.rows
        used = 0
        for key in keys[:item_limit]:
            row = rows[key]
            used += len(row[1])
            if used > byte_limit and entries:
                break
            entries.append(_new_entry(key[1:] + row))
        return Page(entries, len(entries) < len(keys))

    def _bury(self) -> None:
        """Free a dropped space's rows little by little: freeing a million at once would stall."""
        rows = self._buried[-1]
        for _ in range(min(_BURIED_PER_TICK, len(rows))):
            rows.popitem()
        if not rows:
            self._buried.pop()
        if self._buried:
            asyncio.get_running_loop().call_soon(self._bury)
