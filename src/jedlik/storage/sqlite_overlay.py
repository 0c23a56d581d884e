"""Reading SQLite's pages with what SQLite lacks laid over them.

`tables` has the newest first. Callers have a snapshot, begun since the last table was taken over.
Raises what `Reader` raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jedlik.storage.sqlite_reader import Reader
from jedlik.storage.sqlite_unapplied import Place, Unapplied, merge
from jedlik.storage.waist import LogEntry, Page


def range_page(
    tables: Sequence[Unapplied],
    reader: Reader,
    space: int,
    token: bytes,
    low: bytes,
    high: bytes | None,
    reverse: bool,
    after: tuple[bytes, bytes] | None,
    item_limit: int,
    byte_limit: int,
) -> Page:
    """Rows of one token with low ≤ sort < high behind `after`."""

    def pull(behind: Place | None, limit: int) -> Page:
        start = after if behind is None else behind[1:]
        return reader.range(space, token, low, high, reverse, start, limit, byte_limit)

    first: tuple[Any, ...] = (space, token, low)
    end: tuple[Any, ...] = (space, token + b"\0") if high is None else (space, token, high)
    if after is not None:
        if reverse:
            end = min(end, (space, token, *after))
        else:
            first = max(first, (space, token, after[0], after[1] + b"\0"))
    return _page(tables, first, end, pull, reverse, item_limit, byte_limit)


def scan_page(
    tables: Sequence[Unapplied],
    reader: Reader,
    space: int,
    token_low: bytes,
    token_high: bytes | None,
    after: tuple[bytes, bytes, bytes] | None,
    item_limit: int,
    byte_limit: int,
) -> Page:
    """Rows with token_low ≤ token < token_high behind `after`."""

    def pull(behind: Place | None, limit: int) -> Page:
        start = after if behind is None else behind
        return reader.scan(space, token_low, token_high, start, limit, byte_limit)

    first: tuple[Any, ...] = (space, token_low)
    end: tuple[Any, ...] = (space + 1,) if token_high is None else (space, token_high)
    if after is not None:
        first = max(first, (space, after[0], after[1], after[2] + b"\0"))
    return _page(tables, first, end, pull, False, item_limit, byte_limit)


def _page(
    tables: Sequence[Unapplied],
    first: tuple[Any, ...],
    end: tuple[Any, ...],
    pull: Callable[[Place | None, int], Page],
    reverse: bool,
    item_limit: int,
    byte_limit: int,
) -> Page:
    page = merge(
        tables, first, end, pull, reverse=reverse, item_limit=item_limit, byte_limit=byte_limit
    )
    return pull(None, item_limit) if page is None else page


def log_entries(
    tables: Sequence[Unapplied],
    read: Callable[[], list[LogEntry]],
    space: int,
    part: int,
    after: int,
    limit: int,
    byte_limit: int,
) -> list[LogEntry]:
    """Entries behind `after`, of which there are some. `read()` gives SQLite's, and is called only
    if the tables do not have them all."""
    place = (space, part)
    entries: list[LogEntry] = []
    lacking = [table.logs[place] for table in reversed(tables) if place in table.logs]
    if not lacking or after + 1 < lacking[0][0]:
        entries = read()
    used = sum(len(entry.record) for entry in entries)
    for first, records in lacking:
        seq = entries[-1].seq + 1 if entries else after + 1
        if seq < first:
            break  # SQLite's part was cut short by a limit
        for at in range(seq - first, len(records)):
            used += len(records[at])
            if len(entries) == limit or (entries and used > byte_limit):
                return entries
            entries.append(LogEntry(first + at, records[at]))
    return entries
