"""The read paths: one item, several, a range of one partition key, a scan.

Answers are stored bytes; nothing is decoded here. A page ends where DynamoDB's ends: after `limit`
items, or with the item that brings the sizes to 1 MB. That may be 50,000 small items, so a page is
read in turns, between which other requests are served: like DynamoDB's, it is not a snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from struct import unpack
from typing import NamedTuple

from jedlik.storage.waist import Engine, Entry, Row
from jedlik.storage.waist import Key as StorageKey
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.tables.stored import Stored, size_of

PAGE_SIZE_BYTES_MAX = 1 << 20
"""A Query or Scan page, in bytes of item sizes (DynamoDB API reference, Query)."""
ROWS_PER_TURN = 256
"""How many rows may be looked at before other requests get their turn: a millisecond or two."""
FETCH_BYTES_MAX = 5 << 18


class Page(NamedTuple):
    """Some rows in order, and whether rows may follow the last.

    A page that is full says `more` without looking: DynamoDB, too, gives a LastEvaluatedKey when
    Limit is met by the very last item.
    """

    entries: list[Entry]
    more: bool

    @property
    def size_bytes(self) -> int:
        """The rows' sizes together, which is what the page costs. Fifty thousand rows may be in
        it, so a row takes a slice, and no call."""
        heads = b"".join([entry.value[:4] for entry in self.entries])
        return sum(unpack(f"<{len(self.entries)}I", heads))


def row_at_once(engine: Engine) -> Callable[[StorageKey], Row | None] | None:
    """What `get_row` does, without waiting; None for an engine that may have to wait."""
    return getattr(engine, "row_at_once", None)


def get_row(engine: Engine, table: Table, key: Key) -> Awaitable[Row | None]:
    """The durable row at that key, or None: for those who only copy what it holds."""
    return engine.get_one((table.space, key[0], key[1], b""))


async def get_item(engine: Engine, table: Table, key: Key) -> Stored | None:
    """The durable item at that key, or None."""
    row = await engine.get_one((table.space, key.token, key.sort, b""))
    return None if row is None else Stored(row.version, row.value)


async def get_items(
    engine: Engine, wanted: Sequence[tuple[Table, Key]], *, snapshot: bool = False
) -> list[Stored | None]:
    """The items at several keys, in the order asked; of one instant where `snapshot` is set."""
    keys = [(table.space, key.token, key.sort, b"") for table, key in wanted]
    rows = await engine.get(keys, snapshot=snapshot)
    return [None if row is None else Stored(row.version, row.value) for row in rows]


async def query(
    engine: Engine,
    space: int,
    token: bytes,
    low: bytes | None = None,
    high: bytes | None = None,
    *,
    low_open: bool = False,
    high_open: bool = False,
    reverse: bool = False,
    after: tuple[bytes, bytes] | None = None,
    limit: int | None = None,
) -> Page:
    """Rows of one partition key between two sort bounds; `after`: the (sort, sub) to go on from."""
    filling = _Filling(limit)
    while True:
        page = await engine.range(
            space,
            token,
            low,
            high,
            low_open=low_open,
            high_open=high_open,
            reverse=reverse,
            after=after,
            item_limit=filling.wanted,
            byte_limit=FETCH_BYTES_MAX,
        )
        full = filling.take(page.entries)
        if full or not page.more:
            return Page(filling.entries, full)
        last = filling.entries[-1]
        after = (last.sort, last.sub)
        await asyncio.sleep(0)


async def scan(
    engine: Engine,
    space: int,
    token_low: bytes = b"",
    token_high: bytes | None = None,
    *,
    after: tuple[bytes, bytes, bytes] | None = None,
    limit: int | None = None,
) -> Page:
    """Rows in hash order within a token range; `after` is the (token, sort, sub) to go on from."""
    filling = _Filling(limit)
    while True:
        page = await engine.scan(
            space,
            token_low,
            token_high,
            after=after,
            item_limit=filling.wanted,
            byte_limit=FETCH_BYTES_MAX,
        )
        full = filling.take(page.entries)
        if full or not page.more:
            return Page(filling.entries, full)
        last = filling.entries[-1]
        after = (last.token, last.sort, last.sub)
        await asyncio.sleep(0)


class _Filling:
    """The rows of a page while it fills."""

    def __init__(self, limit: int | None) -> None:
        self.entries: list[Entry] = []
        self._limit = limit
        self._stored_bytes = 0
        self._size_bytes: int | None = None

    @property
    def wanted(self) -> int:
        """How many rows to fetch next."""
        if self._limit is None:
            return ROWS_PER_TURN
        return min(self._limit - len(self.entries), ROWS_PER_TURN)

    def take(self, fetched: list[Entry]) -> bool:
        """Move rows into the page until it is full; whether it is.

        Stored bytes are more than the size they stand for (JSON says each value's type, and base64
        is longer than bytes), so most pages are known not to be full without adding up sizes.
        """
        entries = self.entries
        self._stored_bytes += sum([len(entry.value) for entry in fetched])
        if self._stored_bytes < PAGE_SIZE_BYTES_MAX:
            entries += fetched
            return len(entries) == self._limit
        if self._size_bytes is None:
            self._size_bytes = sum([size_of(entry.value) for entry in entries])
        for entry in fetched:
            self._size_bytes += size_of(entry.value)
            entries.append(entry)
            if self._size_bytes >= PAGE_SIZE_BYTES_MAX:
                return True
        return len(entries) == self._limit
