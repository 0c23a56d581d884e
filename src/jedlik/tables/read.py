"""The read paths: one item, several, a range of one partition key, a scan.

Answers are stored bytes; nothing is decoded here. A page ends where DynamoDB's ends: after `limit`
items, or with the item that brings the sizes to 1 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jedlik.storage.waist import Engine, Entry
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.tables.stored import Stored, size_of

PAGE_SIZE_BYTES_MAX = 1 << 20
"""A Query or Scan page, in bytes of item sizes (DynamoDB API reference, Query)."""
FETCH_ITEMS_MAX = 4096
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
        """The rows' sizes together: added up for those who ask what the page costs."""
        return sum([size_of(entry.value) for entry in self.entries])


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
    entries: list[Entry] = []
    stored_bytes = 0
    while True:
        wanted = FETCH_ITEMS_MAX if limit is None else limit - len(entries)
        page = await engine.range(
            space,
            token,
            low,
            high,
            low_open=low_open,
            high_open=high_open,
            reverse=reverse,
            after=after,
            item_limit=min(wanted, FETCH_ITEMS_MAX),
            byte_limit=FETCH_BYTES_MAX,
        )
        stored_bytes, full = _take(entries, page.entries, stored_bytes)
        full = full or len(entries) == limit
        if full or not page.more:
            return Page(entries, full or page.more)
        after = (entries[-1].sort, entries[-1].sub)


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
    entries: list[Entry] = []
    stored_bytes = 0
    while True:
        wanted = FETCH_ITEMS_MAX if limit is None else limit - len(entries)
        page = await engine.scan(
            space,
            token_low,
            token_high,
            after=after,
            item_limit=min(wanted, FETCH_ITEMS_MAX),
            byte_limit=FETCH_BYTES_MAX,
        )
        stored_bytes, full = _take(entries, page.entries, stored_bytes)
        full = full or len(entries) == limit
        if full or not page.more:
            return Page(entries, full or page.more)
        last = entries[-1]
        after = (last.token, last.sort, last.sub)


def _take(taken: list[Entry], fetched: list[Entry], stored_bytes: int) -> tuple[int, bool]:
    """Move rows into the page until it is full; its stored bytes, and whether it is full.

    Stored bytes are more than the size they stand for (JSON says each value's type, and base64 is
    longer than bytes), so most pages are known not to be full without adding up sizes.
    """
    stored_bytes += sum([len(entry.value) for entry in fetched])
    if stored_bytes < PAGE_SIZE_BYTES_MAX:
        taken += fetched
        return stored_bytes, False
    size_bytes = sum([size_of(entry.value) for entry in taken])
    for entry in fetched:
        size_bytes += size_of(entry.value)
        taken.append(entry)
        if size_bytes >= PAGE_SIZE_BYTES_MAX:
            return stored_bytes, True
    return stored_bytes, False
