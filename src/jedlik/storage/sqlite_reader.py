"""Reading from SQLite: one connection, and one snapshot at most, held for a moment.

The engine opens the snapshot before the first read of a tick of its event loop and ends it when
the tick ends or something newer is published. Knows nothing of cache, groups and futures.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import islice
from operator import itemgetter
from typing import Any

import apsw

from jedlik.storage.sqlite_files import SEQ_BITS
from jedlik.storage.waist import Entry, Key, LogBounds, LogEntry, Page, Row, Stats

_GET = "SELECT ver, val FROM kv WHERE space = ? AND token = ? AND sort = ? AND sub = ?"
_STREAM = "SELECT number, trimmed FROM streams WHERE space = ? AND part = ?"
_LOG_READ = "SELECT id, record FROM log WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
_LOG_LAST = "SELECT max(id) FROM log WHERE id > ? AND id < ?"

_new_row: Callable[[Any], Row] = partial(tuple.__new__, Row)
_new_entry: Callable[[Any], Entry] = partial(tuple.__new__, Entry)
_value = itemgetter(4)
_ROWS_PER_PULL = 32  # bounds what a page of 400 KB rows holds beyond its byte limit


class Reader:
    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self._cursor = connection.cursor()
        self.in_snapshot = False

    def begin(self) -> None:
        """Open a snapshot; SQLite takes it at the first read that follows."""
        self._cursor.execute("BEGIN")
        self.in_snapshot = True

    def end(self) -> None:
        if self.in_snapshot:
            self.in_snapshot = False
            self._cursor.execute("COMMIT")

    def row(self, key: Key) -> Row | None:
        found = self._cursor.execute(_GET, key).get
        return None if found is None else _new_row(found)

    def applied(self) -> tuple[int, int]:
        """The serial and the check of the journal's last record that is in the tables."""
        sql = "SELECT serial, overwritten FROM marker WHERE id = 2"
        found: tuple[int, int] = self._cursor.execute(sql).get
        return found

    def secret(self) -> int:
        """What the journal's checks begin with."""
        found: int = self._cursor.execute("SELECT serial FROM marker WHERE id = 3").get
        return found

    def version_ceiling(self) -> int:
        found: int | None = self._cursor.execute("SELECT serial FROM marker WHERE id = 1").get
        return 0 if found is None else found

    def range(
        self,
        space: int,
        token: bytes,
        low: bytes,
        high: bytes | None,
        reverse: bool,
        after: tuple[bytes, bytes] | None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        """Rows with low ≤ sort < high. Only the tighter of `after` and its bound reaches SQLite,
        so that it seeks instead of filtering."""
        bindings: list[int | bytes] = [space, token]
        if not reverse:
            if after is not None and after[0] < low:
                after = None
            bindings += (low,) if after is None else after
            if high is not None:
                bindings.append(high)
        else:
            bindings.append(low)
            if after is not None and (high is None or after[0] < high):
                bindings += after
                high = None
            else:
                after = None
                if high is not None:
                    bindings.append(high)
        bindings.append(item_limit + 1)
        sql = _range_sql(high is not None, after is not None, reverse)
        return _page(self.connection.execute(sql, bindings), item_limit, byte_limit)

    def scan(
        self,
        space: int,
        token_low: bytes,
        token_high: bytes | None,
        after: tuple[bytes, bytes, bytes] | None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        if after is not None and after[0] < token_low:
            after = None
        bindings: list[int | bytes] = [space]
        bindings += (token_low,) if after is None else after
        if token_high is not None:
            bindings.append(token_high)
        bindings.append(item_limit + 1)
        sql = _scan_sql(token_high is not None, after is not None)
        return _page(self.connection.execute(sql, bindings), item_limit, byte_limit)

    def log_read(
        self, space: int, part: int, after: int, limit: int, byte_limit: int
    ) -> list[LogEntry]:
        stream = self._cursor.execute(_STREAM, (space, part)).get
        if stream is None:
            return []
        base = stream[0] << SEQ_BITS
        low = base + max(after, stream[1])
        entries: list[LogEntry] = []
        used = 0
        bindings = (low, base + (1 << SEQ_BITS), limit)
        for number, record in self.connection.execute(_LOG_READ, bindings):
            used += len(record)
            if entries and used > byte_limit:
                break
            entries.append(LogEntry(number - base, record))
        return entries

    def log_bounds(self, space: int, part: int) -> LogBounds:
        stream = self._cursor.execute(_STREAM, (space, part)).get
        if stream is None:
            return LogBounds(1, 0)
        number, trimmed = stream
        return LogBounds(trimmed + 1, last_seq(self._cursor, number, trimmed))

    def stream(self, space: int, part: int) -> int | None:
        """The number of the log of (space, part), if it was ever written."""
        found = self._cursor.execute(_STREAM, (space, part)).get
        return None if found is None else found[0]

    def stats(self, space: int) -> Stats:
        found = self._cursor.execute("SELECT rows, bytes FROM tallies WHERE space = ?", (space,))
        return Stats(*(found.get or (0, 0)))


def last_seq(cursor: apsw.Cursor, stream: int, trimmed: int) -> int:
    base = stream << SEQ_BITS
    last = cursor.execute(_LOG_LAST, (base, base + (1 << SEQ_BITS))).get
    return trimmed if last is None else max(trimmed, last - base)


@cache
def _range_sql(has_high: bool, has_after: bool, reverse: bool) -> str:
    where = ["space = ? AND token = ?"]
    if reverse:
        where.append("sort >= ?")
        if has_after:
            where.append("(sort, sub) < (?, ?)")
    else:
        where.append("(sort, sub) > (?, ?)" if has_after else "sort >= ?")
    if has_high:
        where.append("sort < ?")
    order = "sort DESC, sub DESC" if reverse else "sort, sub"
    return (
        f"SELECT token, sort, sub, ver, val FROM kv WHERE {' AND '.join(where)}"
        f" ORDER BY {order} LIMIT ?"
    )


@cache
def _scan_sql(has_high: bool, has_after: bool) -> str:
    where = ["space = ?", "(token, sort, sub) > (?, ?, ?)" if has_after else "token >= ?"]
    if has_high:
        where.append("token < ?")
    return (
        f"SELECT token, sort, sub, ver, val FROM kv WHERE {' AND '.join(where)}"
        " ORDER BY token, sort, sub LIMIT ?"
    )


def _page(cursor: apsw.Cursor, item_limit: int, byte_limit: int) -> Page:
    """The page within the limits. The cursor was asked for one row more than `item_limit`."""
    entries: list[Entry] = []
    room = byte_limit
    while True:
        pulled = list(islice(cursor, _ROWS_PER_PULL))
        room -= sum(map(len, map(_value, pulled)))
        if room < 0:
            break
        entries += map(_new_entry, pulled)
        if len(entries) > item_limit:
            entries.pop()
            return Page(entries, True)
        if len(pulled) < _ROWS_PER_PULL:
            return Page(entries, False)
    cursor.close()  # else its statement would hold on to the snapshot
    room += sum(map(len, map(_value, pulled)))
    for row in pulled:
        room -= len(row[4])
        if entries and (room < 0 or len(entries) == item_limit):
            return Page(entries, True)
        entries.append(_new_entry(row))
    return Page(entries, False)  # one row, alone beyond the limit
