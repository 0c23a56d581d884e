"""What of the SQLite engine is published: what plain reads see.

A row is in a table of what SQLite lacks (`tables`: the one that grows, and the one that SQLite is
taking over), or stored: in the cache, else in SQLite. SQLite never has anything that is not
published, and readers look into the tables first: it is all the same to them when a table is taken
over, so long as no snapshot outlives its table, and what cache and SQLite have of a key that is in
one of the tables may be older.

For one loop. Methods raise StorageError for what cannot be read.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Sequence

import apsw

from jedlik.storage.rows import find, lay_over
from jedlik.storage.sqlite_cache import MISSING, Missing, RowCache
from jedlik.storage.sqlite_files import Files
from jedlik.storage.sqlite_group import Group
from jedlik.storage.sqlite_overlay import log_entries, range_page, scan_page
from jedlik.storage.sqlite_pages import PageCache
from jedlik.storage.sqlite_reader import Reader
from jedlik.storage.sqlite_unapplied import Unapplied
from jedlik.storage.waist import (
    Key,
    LogBounds,
    LogEntry,
    Page,
    Row,
    Stats,
    StorageClosed,
    StorageError,
)


class Published:
    """dropped: spaces of which nothing is visible any more. version: the highest that is durable.
    rows, frozen_rows: those of the table that grows, and of the other one. is_stored: whether the
    tables are empty. wanted: spaces of which single rows were found in SQLite; only their new rows
    go from there into the cache. Images of tables are written and scanned."""

    # With a dictionary, so that a test can put something in the place of a method.
    __slots__ = (
        "__dict__",
        "_files",
        "_loop",
        "cache",
        "dropped",
        "frozen",
        "frozen_rows",
        "growing",
        "is_closed",
        "is_stored",
        "logs",
        "pages",
        "reader",
        "rows",
        "tables",
        "tallies",
        "version",
        "wanted",
    )

    def __init__(
        self,
        files: Files,
        connection: apsw.Connection,
        dropped: Sequence[int],
        cache_bytes: int,
        loop: AbstractEventLoop,
    ) -> None:
        self._files = files
        self._loop = loop
        self.reader = Reader(connection)
        self.cache = RowCache(cache_bytes * 5 // 8)
        self.pages = PageCache(cache_bytes * 3 // 8)
        self.growing = Unapplied()
        self.rows = self.growing.rows
        self.frozen: Unapplied | None = None
        self.frozen_rows: dict[Key, Row | None] = {}
        self.is_stored = True
        self.tables = [self.growing]  # both of them, the newest first
        self.tallies: dict[int, Stats] = {}  # of spaces that were asked for
        self.logs: dict[tuple[int, int], LogBounds] = {}  # the same
        self.dropped = set(dropped)
        self.wanted: set[int] = set()
        self.version = self.reader.version_ceiling()
        self.is_closed = False

    # Reads

    def row(self, key: Key) -> Row | None:
        """The durable row, wherever it is."""
        row = find(key, (self.rows, self.frozen_rows, self.cache.young), MISSING)
        if row is MISSING:
            return self.stored(key)
        return None if key[0] in self.dropped else row

    def stored(self, key: Key) -> Row | None:
        """The row of a key that the tables and the young part of the cache have not got."""
        row: Row | Missing | None = self.cache.find_old(key)
        if row is not MISSING:
            return row
        if key[0] in self.dropped:
            return None
        self._begin_snapshot()
        try:
            row = self.reader.row(key)
        except apsw.Error as error:
            raise self._read_error(error) from error
        if row is not None:
            self.wanted.add(key[0])
        self.cache.put(key, row)
        return row

    def range(
        self,
        space: int,
        token: bytes,
        low: bytes | None,
        high: bytes | None,
        low_open: bool,
        high_open: bool,
        reverse: bool,
        after: tuple[bytes, bytes] | None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        """As `Engine.range`."""
        if space in self.dropped:
            return Page([], False)
        # x + b"\0" is what follows x directly: all bounds become low ≤ sort < high.
        if low is None:
            low = b""
        elif low_open:
            low += b"\0"
        if high is not None and not high_open:
            high += b"\0"
        place = (space, token)
        asked = (low, high, reverse, after, item_limit, byte_limit)
        page = self.pages.find(place, asked)
        if page is None:
            self._begin_snapshot()
            try:
                page = range_page(
                    self.tables,
                    self.reader,
                    space,
                    token,
                    low,
                    high,
                    reverse,
                    after,
                    item_limit,
                    byte_limit,
                )
            except apsw.Error as error:
                raise self._read_error(error) from error
            self.pages.put(place, asked, page)
        return page

    def scan(
        self,
        space: int,
        token_low: bytes,
        token_high: bytes | None,
        after: tuple[bytes, bytes, bytes] | None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        """As `Engine.scan`."""
        if space in self.dropped:
            return Page([], False)
        self._begin_snapshot()
        try:
            return scan_page(
                self.tables,
                self.reader,
                space,
                token_low,
                token_high,
                after,
                item_limit,
                byte_limit,
            )
        except apsw.Error as error:
            raise self._read_error(error) from error

    def log_read(
        self, space: int, part: int, after: int, limit: int, byte_limit: int
    ) -> list[LogEntry]:
        """As `Engine.log_read`."""
        if space in self.dropped:
            return []
        bounds = self.log_bounds(space, part)
        after = max(after, bounds.first - 1)
        if after >= bounds.last or limit <= 0:
            return []

        def read() -> list[LogEntry]:
            self._begin_snapshot()
            return self.reader.log_read(space, part, after, limit, byte_limit)

        try:
            return log_entries(self.tables, read, space, part, after, limit, byte_limit)
        except apsw.Error as error:
            raise self._read_error(error) from error

    def log_bounds(self, space: int, part: int) -> LogBounds:
        """What there is of a log, of a dropped space's too."""
        bounds = self.logs.get((space, part))
        if bounds is None:
            self._begin_snapshot()
            try:
                bounds = self.reader.log_bounds(space, part)
            except apsw.Error as error:
                raise self._read_error(error) from error
            self.logs[space, part] = bounds
        return bounds

    def stream(self, space: int, part: int) -> int | None:
        """SQLite's number of a log, if it was ever written there. Raises apsw.Error, too."""
        self._begin_snapshot()
        return self.reader.stream(space, part)

    def stats(self, space: int) -> Stats:
        """The sums of a space, of a dropped one's too."""
        stats = self.tallies.get(space)
        if stats is None:
            self._begin_snapshot()
            try:
                stats = self.reader.stats(space)
            except apsw.Error as error:
                raise self._read_error(error) from error
            self.tallies[space] = stats
        return stats

    def _begin_snapshot(self) -> None:
        """Have a snapshot until this tick of the loop ends."""
        reader = self.reader
        if reader.in_snapshot:
            return
        if self.is_closed:
            raise StorageClosed(f"the store in {self._files.folder} is closed")
        try:
            reader.begin()
            self._loop.call_soon(self.end_snapshot)
        except apsw.Error as error:
            raise self._read_error(error) from error

    def end_snapshot(self) -> None:
        """Let go of the snapshot, if there is one."""
        if self.reader.in_snapshot:
            self.reader.end()

    def _read_error(self, error: apsw.Error) -> StorageError:
        failure = self._files.storage_error(error, self.reader.connection)
        try:
            self.end_snapshot()
        except apsw.Error:
            pass  # the first error says it
        return failure

    # What becomes of it

    def take_up(self, group: Group) -> None:
        """Add what is durable to the table that grows."""
        table = self.growing
        self.is_stored = False
        table.bytes += lay_over(table.rows, group.rows, table.order.add)
        for space, part, record in group.changes:
            first, last = self.log_bounds(space, part)
            self.logs[space, part] = LogBounds(first, last + 1)
            table.log(space, part, last + 1, record)
        for space, added in group.tallies.items():
            sums = self.stats(space)
            stats = Stats(sums.rows + added[0], sums.bytes + added[1])
            self.tallies[space] = table.tallies[space] = stats
        for space, part, upto in group.trims:
            first, last = self.log_bounds(space, part)
            if upto >= first:
                self.logs[space, part] = LogBounds(upto + 1, last)
                table.trims[space, part] = upto
        for space in group.drops:
            self.dropped.add(space)
            table.drops.append(space)
            self.tallies.pop(space, None)
            self.wanted.discard(space)
            for place in [place for place in self.logs if place[0] == space]:
                del self.logs[place]
        table.serial, table.check = group.serial, group.check
        if group.version > self.version:
            self.version = group.version

    def forget_space(self, space: int) -> None:
        """Nothing of it is visible from now on."""
        self.dropped.add(space)
        self.cache.forget_space(space)
        self.pages.forget_space(space)

    def freeze(self) -> Unapplied:
        """Begin a new table; SQLite can have the one that grew."""
        table = self.growing
        table.version = self.version
        self.frozen, self.frozen_rows = table, table.rows
        self.growing = Unapplied()
        self.rows = self.growing.rows
        self.tables = [self.growing, table]
        return table

    def let_go(self) -> Unapplied | None:
        """SQLite has all of the frozen table, which nobody reads any more."""
        table, self.frozen, self.frozen_rows = self.frozen, None, {}
        self.tables = [self.growing]
        self.is_stored = not self.growing.rows
        return table
