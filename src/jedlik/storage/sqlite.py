"""The SQLite engine: the default. One folder, one process, one writer; crash-safe.

A batch's way, and who does what:

    commit()      loop     check guards against pending and published rows; join the open group
                           (`put_seen`: the same for one row that was looked at just now)
    _hand_over    loop     when the journal is idle, give it the open group, encoded
    Flusher       thread   one write with its fsync (see `sqlite_journal_thread.py`)
    _finished     loop     rows become visible to plain reads; everybody who waited is answered
    ...
    _freeze       loop     what was published meanwhile is enough, or old enough, for SQLite
    Writer.write  thread   one transaction with all of it, in the order of its keys
    _taken_over   loop     into the cache with it; its part of the journal is free again

Four states of a row: pending in the group that still fills (`_open`), pending in the group that
the journal has (`_in_flight`), published and in a table of what SQLite lacks (`_tables`: the one
that grows, and the one that SQLite is taking over), stored (the cache, else SQLite). A key in
one of the tables is never in the cache. If a group fails, so does everything that was checked
against it: both groups' batches get the error, and none of their rows was ever visible.

SQLite never has anything that is not published, and readers look into the tables first: it is
all the same to them when a table is taken over, so long as no snapshot outlives its table.

Not thread-safe: everything but what the threads do runs on one loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from threading import get_ident
from typing import Any, Protocol

import apsw

from jedlik.storage.sqlite_cache import MISSING, Missing, RowCache
from jedlik.storage.sqlite_checkpoint import Checkpointer
from jedlik.storage.sqlite_disk import Disk, RealDisk
from jedlik.storage.sqlite_files import READ_CACHE_KB, WRITE_CACHE_KB, Files
from jedlik.storage.sqlite_group import Group, Sweep, Sync
from jedlik.storage.sqlite_journal import Journal
from jedlik.storage.sqlite_journal_thread import JournalThread
from jedlik.storage.sqlite_overlay import log_entries, range_page, scan_page
from jedlik.storage.sqlite_pages import PageCache
from jedlik.storage.sqlite_reader import Reader
from jedlik.storage.sqlite_sweep import unfinished
from jedlik.storage.sqlite_sweeps import Sweeps
from jedlik.storage.sqlite_unapplied import ROW_OVERHEAD, Unapplied
from jedlik.storage.sqlite_waiter import Waiter, settle_all
from jedlik.storage.sqlite_writer import JobThread, Report, StoreJob, Works, Writer
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Conflict,
    Delete,
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
    StorageCorrupt,
    StorageError,
    Unknown,
    refuse_dropped,
)

logger = logging.getLogger(__name__)

_new_row: Callable[[tuple[int, bytes]], Row] = partial(tuple.__new__, Row)
_RETRY_S = 1.0
_REST_S = 1.0  # without a write: then SQLite takes over what there is,
_RESTLESS = 10  # and if there is no rest, after so many times that
_RELAXED_SYNC_S = 1.0
_HARD_LIMIT = 2  # times a limit: here writes wait for SQLite
_CACHED_PER_TICK = 100


class RunsJobs(Protocol):
    """What does jobs, one after the other: a `JobThread`, or a simulation's stepper."""

    def submit(self, job: Any) -> None: ...

    def stop(self) -> None: ...


class SqliteEngine:
    # With a dictionary, so that a test can put something in the place of a method.
    __slots__ = (
        "__dict__",
        "_alone",
        "_cache",
        "_checkpointer",
        "_closing",
        "_connections",
        "_damage",
        "_dropped",
        "_error",
        "_files",
        "_freeze_due",
        "_freeze_timer",
        "_frozen",
        "_growing",
        "_growing_rows",
        "_hand_over_soon",
        "_held_back",
        "_idle",
        "_in_flight",
        "_in_flight_rows",
        "_journal",
        "_journal_bytes",
        "_journal_jobs",
        "_logs",
        "_loop",
        "_moving",
        "_once_more",
        "_open",
        "_open_rows",
        "_pages",
        "_reader",
        "_relaxed",
        "_store_error",
        "_store_job",
        "_store_jobs",
        "_sweeps",
        "_sync_timer",
        "_table_bytes",
        "_tables",
        "_tallies",
        "_thread",
        "_version",
        "_writer",
    )
    embedded = True

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        durability: str = "full",
        cache_bytes: int = 32 << 20,
        wal_limit_bytes: int = 256 << 20,
        journal_bytes: int = 64 << 20,
        table_bytes: int = 24 << 20,
        alone: Callable[[], bool] | None = None,
        run_jobs: Callable[[Works, Report], RunsJobs] = JobThread,
        checkpoints: bool = True,
        disk: Disk | None = None,
    ) -> SqliteEngine:
        """Open the store in `folder`, or make one. To be called from the loop that will use it.

        `durability`: "full", or "relaxed" to answer before the fsync (up to a second is lost if
        the machine, not the process, fails). SQLite takes over what is published when that has
        `journal_bytes` in the journal or `table_bytes` in memory; at twice as much, writes wait.
        `alone()` tells that no other request is around: a write then commits on the loop instead
        of waking the thread. `run_jobs` (called for the journal, then for SQLite's writer),
        `checkpoints` and `disk` are for simulations and failure tests.

        Raises FolderLocked, StorageReadOnly, StorageFull, StorageCorrupt, StorageOutdated.
        """
        files = Files(Path(folder), disk or RealDisk())
        connections: list[apsw.Connection] = []
        try:
            connections.append(files.connect(READ_CACHE_KB))
            files.prepare(connections[0])
            connections.append(files.connect(WRITE_CACHE_KB))
            if checkpoints:
                connections.append(files.connect())
            return cls(
                files,
                connections,
                relaxed={"full": False, "relaxed": True}[durability],
                cache_bytes=cache_bytes,
                wal_limit_bytes=wal_limit_bytes,
                journal_bytes=journal_bytes,
                table_bytes=table_bytes,
                alone=alone,
                run_jobs=run_jobs,
            )
        except (apsw.Error, OSError) as error:
            failure = files.storage_error(error, connections[-1] if connections else None)
            _release(files, connections)
            raise failure from error
        except BaseException:
            _release(files, connections)
            raise

    def __init__(
        self,
        files: Files,
        connections: list[apsw.Connection],
        *,
        relaxed: bool,
        cache_bytes: int,
        wal_limit_bytes: int,
        journal_bytes: int,
        table_bytes: int,
        alone: Callable[[], bool] | None,
        run_jobs: Callable[[Works, Report], RunsJobs],
    ) -> None:
        """Use `open`."""
        self._files = files
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._thread = get_ident()
        self._reader = Reader(connections[0])
        self._writer = Writer(files, connections[1])
        self._cache = RowCache(cache_bytes * 5 // 8)
        self._pages = PageCache(cache_bytes * 3 // 8)
        self._alone = alone
        self._relaxed = relaxed
        self._journal_bytes = journal_bytes
        self._table_bytes = table_bytes

        self._open = Group()
        self._open_rows = self._open.rows
        self._in_flight: Group | None = None
        self._in_flight_rows: dict[Key, Row | None] = {}
        self._hand_over_soon = False
        self._error: StorageError | None = None
        self._closing: asyncio.Future[None] | None = None
        self._idle: asyncio.Future[None] | None = None
        self._sync_timer: asyncio.TimerHandle | None = None

        self._growing = Unapplied()
        self._growing_rows = self._growing.rows
        self._frozen: Unapplied | None = None
        self._tables = [self._growing]  # both of them, the newest first
        self._tallies: dict[int, Stats] = {}  # published, of spaces that were asked for
        self._logs: dict[tuple[int, int], LogBounds] = {}  # the same
        self._version = 0
        self._store_job: StoreJob | None = None
        self._freeze_timer: asyncio.TimerHandle | None = None
        self._freeze_due = False
        self._moving = False  # SQLite has the frozen table, the cache not all of it yet
        self._store_error: StorageError | None = None
        self._damage: StorageCorrupt | None = None  # found by the writer: no more writes
        self._once_more = False
        self._held_back = False  # the open group waits for SQLite

        spaces, streams = unfinished(connections[0])
        self._dropped = set(spaces)
        sweeps = [Sweep(space=space) for space in spaces]
        sweeps += [Sweep(stream=stream) for stream in streams]
        self._sweeps = Sweeps(sweeps, self._submit_sweep, self._loop)

        self._version = self._reader.version_ceiling()
        self._journal = Journal(
            files, durable=not relaxed, secret=self._reader.secret(), applied=self._reader.applied()
        )
        try:
            files.sync_folder()
            self._journal.recover(self._take_up)
        except BaseException:
            self._journal.close(remove=False)
            raise
        self._checkpointer = None
        if len(connections) > 2:
            self._checkpointer = Checkpointer(
                connections[2], connections[1], files.wal_path, wal_limit_bytes=wal_limit_bytes
            )
            self._writer.after_write(self._checkpointer.after_write)
        self._journal_jobs: RunsJobs
        if run_jobs is JobThread and type(files.disk) is RealDisk:
            self._journal_jobs = JournalThread(self._journal, self._report, self._loop)
        else:
            self._journal_jobs = run_jobs(self._journal, self._report)
        self._store_jobs = run_jobs(self._writer, self._store_report)
        if self._growing.serial:
            self._freeze(turn=False)
        self._sweeps.later()

    # Reads

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        if pending:
            row = self._pending(key)
            if row is not MISSING:
                return row
        return self.row_at_once(key)

    def row_at_once(self, key: Key) -> Row | None:
        """The durable row, without waiting."""
        row = self._cache.young.get(key, MISSING)
        if row is not MISSING:
            return row
        return self._published(key)

    def peek(self, key: Key) -> Row | None:
        row: Row | Missing | None = MISSING
        if self._open_rows:
            row = self._open_rows.get(key, MISSING)
        if row is MISSING and self._in_flight_rows:
            row = self._in_flight_rows.get(key, MISSING)
        if row is MISSING:
            row = self._growing_rows.get(key, MISSING)
            if row is MISSING:
                return self._settled(key)
        if self._dropped and key[0] in self._dropped:
            return None
        return row

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        find = self._cache.young.get
        rows = [find(key, MISSING) for key in keys]
        if MISSING in rows:
            # All without letting anybody else run: so they are of one moment.
            stored = [self._published(key) for key in keys]
        else:
            stored = [row for row in rows if row is not MISSING]
        if pending and (self._open_rows or self._in_flight_rows):
            for at, key in enumerate(keys):
                row = self._pending(key)
                if row is not MISSING:
                    stored[at] = row
        return stored

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
        if space in self._dropped:
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
        page = self._pages.find(place, asked)
        if page is None:
            self._begin_snapshot()
            try:
                page = range_page(
                    self._tables,
                    self._reader,
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
            self._pages.put(place, asked, page)
        return page

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
        if space in self._dropped:
            return Page([], False)
        self._begin_snapshot()
        try:
            return scan_page(
                self._tables,
                self._reader,
                space,
                token_low,
                token_high,
                after,
                item_limit,
                byte_limit,
            )
        except apsw.Error as error:
            raise self._read_error(error) from error

    async def log_read(
        self, space: int, part: int, after: int, limit: int, *, byte_limit: int = 4 << 20
    ) -> list[LogEntry]:
        if space in self._dropped:
            return []
        bounds = self._log_bounds(space, part)
        after = max(after, bounds.first - 1)
        if after >= bounds.last or limit <= 0:
            return []

        def read() -> list[LogEntry]:
            self._begin_snapshot()
            return self._reader.log_read(space, part, after, limit, byte_limit)

        try:
            return log_entries(self._tables, read, space, part, after, limit, byte_limit)
        except apsw.Error as error:
            raise self._read_error(error) from error

    async def log_bounds(self, space: int, part: int) -> LogBounds:
        if space in self._dropped:
            return LogBounds(1, 0)
        return self._log_bounds(space, part)

    def _log_bounds(self, space: int, part: int) -> LogBounds:
        bounds = self._logs.get((space, part))
        if bounds is None:
            self._begin_snapshot()
            try:
                bounds = self._reader.log_bounds(space, part)
            except apsw.Error as error:
                raise self._read_error(error) from error
            self._logs[space, part] = bounds
        return bounds

    async def stats(self, space: int) -> Stats:
        return Stats(0, 0) if space in self._dropped else self._stats(space)

    def _stats(self, space: int) -> Stats:
        stats = self._tallies.get(space)
        if stats is None:
            self._begin_snapshot()
            try:
                stats = self._reader.stats(space)
            except apsw.Error as error:
                raise self._read_error(error) from error
            self._tallies[space] = stats
        return stats

    async def version_floor(self) -> int:
        return self._version

    async def health(self) -> Health:
        rows, size = self._cache.sizes()
        disk = os.statvfs(self._files.folder)
        details: dict[str, int | str] = {
            "folder": str(self._files.folder),
            "store_bytes": _size(self._files.path),
            "wal_bytes": _size(self._files.wal_path),
            "journal_bytes": self._journal.used,
            "unapplied_rows": sum(len(table.rows) for table in self._tables),
            "unapplied_bytes": sum(table.bytes for table in self._tables),
            "disk_free_bytes": disk.f_bavail * disk.f_frsize,
            "cache_rows": rows,
            "cache_bytes": size + self._pages.bytes,
            "waiting": len(self._open.waiters),
            "sweeps": len(self._sweeps.left),
        }
        if self._checkpointer is not None and self._checkpointer.error is not None:
            details["checkpoint_error"] = self._checkpointer.error
        if self._store_error is not None:
            details["store_error"] = str(self._store_error)
        error = None if self._error is None else str(self._error)
        return Health("sqlite", self._closing is None and error is None, error, details)

    def _pending(self, key: Key) -> Row | Missing | None:
        row: Row | Missing | None = MISSING
        if self._open_rows:
            row = self._open_rows.get(key, MISSING)
        if row is MISSING and self._in_flight_rows:
            row = self._in_flight_rows.get(key, MISSING)
        if row is not MISSING and key[0] in self._dropped:
            return None
        return row

    def _published(self, key: Key) -> Row | None:
        """The durable row, wherever it is."""
        row: Row | Missing | None = self._growing_rows.get(key, MISSING)
        if row is MISSING:
            return self._settled(key)
        return None if key[0] in self._dropped else row

    def _settled(self, key: Key) -> Row | None:
        """The durable row, which the table that grows has not got."""
        row: Row | Missing | None = MISSING
        if self._frozen is not None:
            row = self._frozen.rows.get(key, MISSING)
            if row is not MISSING:
                return None if key[0] in self._dropped else row
        row = self._cache.young.get(key, MISSING)
        if row is MISSING:
            row = self._cache.find_old(key)
        if row is not MISSING:
            return row
        if key[0] in self._dropped:
            return None
        self._begin_snapshot()
        try:
            row = self._reader.row(key)
        except apsw.Error as error:
            raise self._read_error(error) from error
        self._cache.put(key, row)
        return row

    def _begin_snapshot(self) -> None:
        """Have a snapshot until this tick of the loop ends."""
        reader = self._reader
        if reader.in_snapshot:
            return
        if self._closing is not None and self._closing.done():
            raise StorageClosed(f"the store in {self._files.folder} is closed")
        try:
            reader.begin()
            self._loop.call_soon(self._end_snapshot)
        except apsw.Error as error:
            raise self._read_error(error) from error

    def _end_snapshot(self) -> None:
        if self._reader.in_snapshot:
            self._reader.end()

    def _read_error(self, error: apsw.Error) -> StorageError:
        failure = self._files.storage_error(error, self._reader.connection)
        try:
            self._end_snapshot()
        except apsw.Error:
            pass  # the first error says it
        return failure

    # Writes

    async def commit(self, batch: Batch) -> Conflict | None:
        self._refuse_at_end()
        writes = batch.writes
        if self._dropped:
            refuse_dropped(batch, self._dropped)
        for index, write in enumerate(writes):
            expect = write.expect
            if expect != ANY:
                key = write.key
                row = self._pending(key)
                if row is MISSING:
                    row = self._growing_rows.get(key, MISSING)
                    if row is MISSING:
                        row = self._published(key)
                if (ABSENT if row is None else row.version) != expect:
                    return Conflict(index, row)

        # What the batch adds to must be known now: once it is durable, nothing may fail.
        for space, part, _ in batch.changes:
            if (space, part) not in self._logs:
                self._log_bounds(space, part)
        tallies = batch.tallies
        for tally in tallies:
            if tally.space not in self._tallies:
                self._stats(tally.space)

        group = self._open
        rows = group.rows
        version = batch.version
        writing = False
        for write in writes:
            if type(write) is Put:
                rows[write.key] = _new_row((version, write.value))
                writing = True
            elif type(write) is Delete:
                rows[write.key] = None
                writing = True
        if batch.changes:
            group.changes += batch.changes
            writing = True
        if tallies:
            sums = group.tallies
            for space, count, size in tallies:
                before = sums.get(space)
                if before is not None:
                    count += before[0]
                    size += before[1]
                sums[space] = (count, size)
            writing = True
        if writing:
            # Deletes count too: their change records carry the version.
            if version > group.version:
                group.version = version
            await self._join_open()
        else:
            await self._barrier()
        return None

    def put_seen(self, key: Key, version: int, value: bytes, rows: int, size: int) -> Waiter:
        self._refuse_at_end()
        space = key[0]
        if space in self._dropped:
            raise SpaceDropped(f"space {space} was dropped")
        if space not in self._tallies:
            self._stats(space)
        group = self._open
        self._open_rows[key] = _new_row((version, value))
        sums = group.tallies
        before = sums.get(space)
        if before is not None:
            rows += before[0]
            size += before[1]
        sums[space] = (rows, size)
        if version > group.version:
            group.version = version
        return self._join_open()

    def _refuse_at_end(self) -> None:
        if self._closing is not None:
            raise StorageClosed(f"the store in {self._files.folder} is being closed")
        if self._damage is not None:
            raise StorageCorrupt(*self._damage.args)

    async def log_trim(self, space: int, part: int, upto: int) -> None:
        first, last = await self.log_bounds(space, part)
        upto = min(upto, last)
        if upto < first or self._closing is not None:
            return
        self._open.trims.append((space, part, upto))
        await self._join_open()

    async def space_create(self, space: int) -> None:
        if space in self._dropped:
            raise SpaceDropped(f"space {space} was dropped")

    async def space_drop(self, space: int) -> None:
        if space in self._dropped:
            await self._barrier()  # perhaps of another call that is not done yet
            return
        self._dropped.add(space)
        self._cache.forget_space(space)
        self._pages.forget_space(space)
        try:
            if self._closing is not None:
                raise StorageClosed(f"the store in {self._files.folder} is being closed")
            self._open.drops.append(space)
            await self._join_open()
        except StorageError:
            self._dropped.discard(space)
            raise

    async def close(self) -> None:
        if self._closing is not None:
            await asyncio.shield(self._closing)
            return
        self._closing = self._loop.create_future()
        self._sweeps.stop()
        for timer in (self._freeze_timer, self._sync_timer):
            if timer is not None:
                timer.cancel()
        while self._in_flight is not None or self._open.waiters:
            await self._until_idle()
        while self._store_job is not None:
            await self._until_idle()
        if self._moving:
            self._forget_frozen()
        # One attempt for each table; what SQLite cannot take over stays in the journal.
        for _ in range(2):
            if self._frozen is not None:
                self._take_over()
            elif self._growing.serial:
                self._freeze()
            while self._store_job is not None:
                await self._until_idle()
        self._journal_jobs.stop()
        self._store_jobs.stop()
        if self._checkpointer is not None:
            self._checkpointer.stop()
        self._end_snapshot()
        left = self._frozen is not None or self._growing.serial > 0
        if left:
            logger.warning("the journal in %s keeps the last writes", self._files.folder)
        self._journal.close(remove=not left)
        _release(self._files, self._connections)
        self._closing.set_result(None)

    async def _until_idle(self) -> None:
        """Wait until a job is done. For `close` only."""
        self._idle = self._loop.create_future()
        await self._idle

    def _join_open(self) -> Waiter:
        """Wait for the open group, to which something was just added."""
        waiter = Waiter(self._loop)
        self._open.waiters.append(waiter)
        if self._in_flight is None and not self._hand_over_soon:
            if self._alone is not None and self._alone():
                self._hand_over()
            else:
                # Not at once: whatever else this tick of the loop brings shall share the fsync.
                self._hand_over_soon = True
                self._loop.call_soon(self._hand_over)
        return waiter

    async def _barrier(self) -> None:
        """Wait until everything that is pending now is durable."""
        if self._open.waiters:
            await self._join_open()
        elif self._in_flight is not None:
            waiter = Waiter(self._loop)
            self._in_flight.waiters.append(waiter)
            await waiter

    def _hand_over(self) -> None:
        """Give the open group to the journal, if that is idle and there is room."""
        self._hand_over_soon = False
        group = self._open
        if self._in_flight is not None or not group.waiters:
            return
        if self._frozen is not None and self._is_full(_HARD_LIMIT):
            if not self._held_back:
                # What is under way may fail for a reason that is gone by now.
                self._once_more = self._store_job is not None
            self._held_back = True
            self._take_over()
            return
        self._new_open_group()
        self._in_flight = group
        self._in_flight_rows = group.rows
        if self._relaxed or (self._alone is not None and self._alone()):
            self._finished(group, self._journal.write(group))
        else:
            self._journal_jobs.submit(group)

    def _new_open_group(self) -> None:
        self._open = Group()
        self._open_rows = self._open.rows

    def _report(self, job: Group | Sync, failure: StorageError | None) -> None:
        """Perhaps on the journal's thread: tell the loop."""
        if get_ident() == self._thread:
            self._finished(job, failure)
        else:
            self._loop.call_soon_threadsafe(self._finished, job, failure)

    def _finished(self, job: Group | Sync, failure: StorageError | None) -> None:
        if isinstance(job, Sync):
            self._synced(failure)
            return
        self._in_flight = None
        self._in_flight_rows = {}
        if failure is None:
            self._publish(job)
            self._error = self._damage
        else:
            self._fail(job, failure)
        if self._frozen is None and self._growing.serial and (self._freeze_due or self._is_full(1)):
            self._freeze()
        if self._open.waiters and not self._hand_over_soon:
            self._hand_over()
        self._tell_idle()

    def _tell_idle(self) -> None:
        if self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    def _publish(self, group: Group) -> None:
        group.published = True
        self._take_up(group)
        self._pages.forget_those_of(group.rows)
        settle_all(group.waiters, self._loop)
        if self._freeze_timer is None and self._closing is None:
            self._freeze_timer = self._loop.call_later(_REST_S, self._rested, group.serial)
        if self._relaxed and self._sync_timer is None and self._closing is None:
            self._sync_timer = self._loop.call_later(_RELAXED_SYNC_S, self._sync)

    def _take_up(self, group: Group) -> None:
        """Add what is durable to the table that grows."""
        table = self._growing
        rows = table.rows
        size = 0
        for key, row in group.rows.items():
            before = rows.get(key, MISSING)
            rows[key] = row
            if before is MISSING:
                table.order.add(key)
                self._cache.forget(key)
                size += ROW_OVERHEAD + len(key[2]) + len(key[3])
            elif before is not None:
                size -= len(before.value)
            if row is not None:
                size += len(row.value)
        table.bytes += size
        for space, part, record in group.changes:
            first, last = self._log_bounds(space, part)
            self._logs[space, part] = LogBounds(first, last + 1)
            table.log(space, part, last + 1, record)
        for space, added in group.tallies.items():
            sums = self._stats(space)
            stats = Stats(sums.rows + added[0], sums.bytes + added[1])
            self._tallies[space] = table.tallies[space] = stats
        for space, part, upto in group.trims:
            first, last = self._log_bounds(space, part)
            if upto >= first:
                self._logs[space, part] = LogBounds(upto + 1, last)
                table.trims[space, part] = upto
        for space in group.drops:
            self._dropped.add(space)
            table.drops.append(space)
            self._tallies.pop(space, None)
            for place in [place for place in self._logs if place[0] == space]:
                del self._logs[place]
        table.serial, table.check = group.serial, group.check
        if group.version > self._version:
            self._version = group.version

    def _sync(self) -> None:
        self._sync_timer = None
        if self._closing is None:
            self._journal_jobs.submit(Sync())

    def _synced(self, failure: StorageError | None) -> None:
        if failure is not None:
            self._error = failure
            logger.error("the journal could not be synced: %s", failure)

    def _fail(self, group: Group, failure: StorageError) -> None:
        """Refuse the group and everything that was checked against it."""
        self._error = failure
        behind = self._open
        self._new_open_group()
        for future in group.waiters:
            if not future.done():
                future.set_exception(type(failure)(*failure.args))
        # These were never tried: whatever is unknown about the first group, they are not written.
        refusal = StorageError if isinstance(failure, Unknown) else type(failure)
        for future in behind.waiters:
            if not future.done():
                future.set_exception(refusal(f"a write before this one failed: {failure}"))

    # What SQLite takes over

    @property
    def behind(self) -> bool:
        """Whether SQLite is still taking over the last table and the next is half full: who goes
        on writing all the same comes to where everybody waits for SQLite."""
        return self._frozen is not None and self._growing.bytes * 2 >= self._table_bytes

    def _is_full(self, times: int) -> bool:
        return (
            self._growing.bytes >= times * self._table_bytes
            or self._journal.used >= times * self._journal_bytes
        )

    def _rested(self, serial: int, times: int = 1) -> None:
        """A second has passed; if nothing was written since `serial`, let SQLite have it."""
        self._freeze_timer = None
        table = self._growing
        if self._closing is not None or not table.serial:
            return
        if self._frozen is not None or (table.serial != serial and times < _RESTLESS):
            self._freeze_timer = self._loop.call_later(
                _REST_S, self._rested, table.serial, times + 1
            )
        elif self._in_flight is not None:
            self._freeze_due = True
        else:
            self._freeze()

    def _freeze(self, *, turn: bool = True) -> None:
        """Begin a new table and let SQLite take over the one that grew. No group is in flight."""
        self._freeze_due = False
        table = self._growing
        journal = self._journal
        assert table.serial, "SQLite would take the journal for new"
        if turn:
            if journal.in_doubt:
                journal.burn()
                table.serial, table.check = journal.serial, journal.check
            journal.turn()
        table.version = self._version
        self._frozen = table
        self._growing = Unapplied()
        self._growing_rows = self._growing.rows
        self._tables = [self._growing, table]
        self._take_over()

    def _take_over(self) -> None:
        """Have SQLite take over the frozen table, if its writer is idle; else it is next."""
        if self._store_job is None and self._frozen is not None and not self._moving:
            self._store_job = self._frozen
            self._store_jobs.submit(self._frozen)

    def _store_report(self, job: StoreJob, failure: StorageError | None) -> None:
        """On the writer's thread: tell the loop."""
        self._loop.call_soon_threadsafe(self._store_finished, job, failure)

    def _store_finished(self, job: StoreJob, failure: StorageError | None) -> None:
        self._store_job = None
        self._store_error = failure
        if isinstance(job, Sweep):
            self._sweeps.done(job, failure)
        elif failure is None:
            self._taken_over(job)
        else:
            self._not_taken_over(failure)
        if self._frozen is not None and not isinstance(job, Unapplied):
            self._take_over()
        elif self._sweeps.due:
            self._sweeps.step()
        self._tell_idle()

    def _taken_over(self, table: Unapplied) -> None:
        # A snapshot from before must not be read without the table.
        self._end_snapshot()
        for space in table.drops:
            self._sweeps.add(Sweep(space=space))
        for place in table.trims:
            if place[0] not in self._dropped:
                self._sweep_log(*place)
        self._sweeps.later()
        if self._closing is not None:
            self._forget_frozen()
        else:
            self._moving = True
            self._into_cache(table, iter(table.rows.items()))

    def _into_cache(self, table: Unapplied, rows: Iterator[tuple[Key, Row | None]]) -> None:
        """Move what was just written into the cache, little by little, and let go of the table."""
        if self._frozen is not table:
            return
        growing, dropped = self._growing_rows, self._dropped
        some = list(islice(rows, _CACHED_PER_TICK))
        for key, row in some:
            if key not in growing and key[0] not in dropped:
                self._cache.put(key, row)
        if len(some) == _CACHED_PER_TICK and self._closing is None:
            self._loop.call_soon(self._into_cache, table, rows)
        else:
            self._forget_frozen()

    def _forget_frozen(self) -> None:
        self._frozen = None
        self._moving = False
        self._tables = [self._growing]
        if self._in_flight is None and self._growing.serial and self._is_full(1):
            self._freeze()
        if self._held_back:
            self._held_back = False
            self._hand_over()

    def _not_taken_over(self, failure: StorageError) -> None:
        logger.warning("SQLite cannot take over what the journal holds: %s", failure)
        if isinstance(failure, StorageCorrupt):
            self._damage = failure
            self._error = failure
        elif self._closing is None:
            self._loop.call_later(_RETRY_S, self._take_over)
        if self._held_back and self._once_more and self._damage is None:
            self._once_more = False
            self._take_over()
        elif self._held_back:
            self._held_back = False
            group = self._open
            self._new_open_group()
            self._error = failure
            for future in group.waiters:
                if not future.done():
                    future.set_exception(type(failure)(*failure.args))

    # Sweeps

    def _sweep_log(self, space: int, part: int) -> None:
        try:
            self._begin_snapshot()
            stream = self._reader.stream(space, part)
        except (apsw.Error, StorageError):
            logger.exception("a trimmed log is swept after the next start")
            return
        if stream is not None:
            self._sweeps.add(Sweep(stream=stream))

    def _submit_sweep(self, sweep: Sweep) -> bool:
        """If SQLite's writer is idle."""
        if self._store_job is not None:
            return False
        self._store_job = sweep
        self._store_jobs.submit(sweep)
        return True


def _release(files: Files, connections: list[apsw.Connection]) -> None:
    for connection in reversed(connections):
        connection.close()
    files.unlock()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
