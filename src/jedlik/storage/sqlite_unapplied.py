"""What is durable in the journal and visible to readers, but not in SQLite yet.

`Unapplied` is one such table of rows and log records. There are at most two: one that grows, and
one that SQLite is taking over. Readers look here first, so that it does not matter to them when
SQLite has taken something over. What it holds is absolute (rows, numbers of records, sums of
tallies), so that taking it over twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jedlik.storage.ordered_keys import OrderedKeys
from jedlik.storage.waist import Entry, Key, Page, Row, Stats

_RECORD_OVERHEAD = 60
_KEYS_PER_STEP = 200

_new_entry: Callable[[Any], Entry] = partial(tuple.__new__, Entry)

Records = tuple[int, list[bytes]]
"""The sequence number of the first record, and the records from there on."""
Place = tuple[bytes, bytes, bytes]
"""(token, sort, sub) within a space."""


class Unapplied:
    __slots__ = (
        "bytes",
        "check",
        "drops",
        "logs",
        "order",
        "rows",
        "serial",
        "tallies",
        "trims",
        "version",
    )

    def __init__(self) -> None:
        self.rows: dict[Key, Row | None] = {}
        self.order = OrderedKeys()
        self.logs: dict[tuple[int, int], Records] = {}
        self.tallies: dict[int, Stats] = {}
        self.trims: dict[tuple[int, int], int] = {}
        self.drops: list[int] = []
        self.bytes = 0
        self.serial = 0  # 0: nothing is here
        self.check = 0
        self.version = 0

    def log(self, space: int, part: int, seq: int, record: bytes) -> None:
        there = self.logs.get((space, part))
        if there is None:
            self.logs[space, part] = (seq, [record])
        else:
            there[1].append(record)
        self.bytes += _RECORD_OVERHEAD + len(record)

    def shrink(self, many: int) -> bool:
        """Forget some of what it holds, which nobody reads any more; whether there is more."""
        rows, chunks = self.rows, self.order.chunks()
        if rows:
            for _ in range(min(many, len(rows))):
                rows.popitem()
        elif chunks:
            chunks.pop()
        elif self.logs:
            place, (_, records) = next(iter(self.logs.items()))
            del records[-many:]
            if not records:
                del self.logs[place]
        else:
            return False
        return True


def merge(
    tables: Sequence[Unapplied],
    first: tuple[Any, ...],
    end: tuple[Any, ...],
    pull: Callable[[Place | None, int], Page],
    *,
    reverse: bool,
    item_limit: int,
    byte_limit: int,
) -> Page | None:
    """The page of all rows with first ≤ key < end: SQLite's, overlaid with the tables'.

    `tables` has the newest first. `pull(after, limit)` gives SQLite's rows of the same interval.
    None if the tables have nothing there.
    """
    many = min(_KEYS_PER_STEP, item_limit + 1)
    keys = _keys(tables, first, end, reverse, many)
    if not keys:
        return None
    entries: list[Entry] = []
    used = 0
    after: Place | None = None
    while True:
        page = pull(after, item_limit - len(entries) + 1)
        overlaid = {key[1:]: _row(tables, key) for key in keys}
        rows = [entry for entry in page.entries if entry[:3] not in overlaid]
        rows += [_new_entry(at + row) for at, row in overlaid.items() if row is not None]
        rows.sort(reverse=reverse)
        # Both lists may end before the interval does; only up to there are they complete.
        ends: list[Place] = []
        if page.more:
            ends.append(page.entries[-1][:3])
        if len(keys) == many:
            ends.append(keys[-1][1:])
        after = (max(ends) if reverse else min(ends)) if ends else None
        for entry in rows:
            if after is not None and (entry[:3] < after if reverse else entry[:3] > after):
                break
            used += len(entry[4])
            if len(entries) == item_limit or (entries and used > byte_limit):
                return Page(entries, True)
            entries.append(entry)
        if after is None:
            return Page(entries, False)
        place = (first[0], *after)
        if reverse:
            end = place
        else:
            first = (*place[:3], place[3] + b"\0")
        many = min(_KEYS_PER_STEP, item_limit - len(entries) + 1)
        keys = _keys(tables, first, end, reverse, many)


def _keys(
    tables: Sequence[Unapplied],
    first: tuple[Any, ...],
    end: tuple[Any, ...],
    reverse: bool,
    many: int,
) -> list[Key]:
    """The tables' next keys in the interval, so many at most, each once, in order."""
    found: list[list[Key]] = []
    for table in tables:
        walk = table.order.descending if reverse else table.order.ascending
        some = walk(first, end, many)
        if some:
            found.append(some)
    if not found:
        return []
    if len(found) == 1:
        return found[0]
    return sorted({*found[0], *found[1]}, reverse=reverse)[:many]


def _row(tables: Sequence[Unapplied], key: Key) -> Row | None:
    for table in tables:
        if key in table.rows:
            return table.rows[key]
    raise AssertionError(key)
