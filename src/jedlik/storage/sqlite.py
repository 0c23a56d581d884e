"""The SQLite engine: the default. One folder, one process, one writer; crash-safe.

A batch's way, and who does what:

    commit()      loop     check guards against pending and published rows; join the open group
                           (`put_seen`: the same for one row that was looked at just now)
    _hand_over    loop     when the journal is idle, give it the open group, encoded
    Flusher       thread   one write with its fsync (see `sqlite_journal_thread.py`)
    _finished     loop     rows become visible to plain reads; everybody who waited is answered
    ...
    TakeOver      both     SQLite takes over what was published meanwhile (`sqlite_takeover.py`)

Four states of a row: pending in the group that still fills (`_open`), pending in the group that
the journal has (`_in_flight`), published and in a table of what SQLite lacks, stored (of these
two `sqlite_published.py` tells). If a group fails, so does everything that was checked against
it: both groups' batches get the error, and none of their rows was ever visible.

Not thread-safe: everything but what the threads do runs on one loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import get_ident
from typing import Any

import apsw

from jedlik.storage.rows import find, new_row
from jedlik.storage.sqlite_cache import MISSING, Missing
from jedlik.storage.sqlite_checkpoint import Checkpointer
from jedlik.storage.sqlite_disk import Disk, RealDisk
from jedlik.storage.sqlite_files import READ_CACHE_KB, WRITE_CACHE_KB, Files
from jedlik.storage.sqlite_group import Group, Sweep, Sync
from jedlik.storage.sqlite_journal import Journal
from jedlik.storage.sqlite_journal_thread import JournalThread
from jedlik.storage.sqlite_published import Published
from jedlik.storage.sqlite_sweep import unfinished
from jedlik.storage.sqlite_takeover import RunsJobs, TakeOver
from jedlik.storage.sqlite_waiter import Waiter, settle_all
from jedlik.storage.sqlite_writer import JobThread, Report, Works, Writer
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Change,
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
    refuse_dropped_put,
)

logger = logging.getLogger(__name__)

_RELAXED_SYNC_S = 1.0


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
        "_hand_over_soon",
        "_idle",
        "_in_flight",
        "_in_flight_rows",
        "_journal",
        "_journal_jobs",
        "_logs",
        "_loop",
        "_open",
        "_open_rows",
        "_published",
        "_relaxed",
        "_sync_timer",
        "_takeover",
        "_tallies",
        "_thread",
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
            connections.append(files.connect(WRITE_CACHE_KB, synchronous="NORMAL"))
            if checkpoints:
                connections.append(files.connect(synchronous="OFF"))
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
            files.close(connections)
            raise failure from error
        except BaseException:
            files.close(connections)
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
        self._alone = alone
        self._relaxed = relaxed

        self._open = Group()
        self._open_rows = self._open.rows
        self._in_flight: Group | None = None
        self._in_flight_rows: dict[Key, Row | None] = {}
        self._hand_over_soon = False
        self._error: StorageError | None = None
        self._closing: asyncio.Future[None] | None = None
        self._idle: asyncio.Future[None] | None = None
        self._sync_timer: asyncio.TimerHandle | None = None

        self._damage: StorageCorrupt | None = None  # found by SQLite's writer: no more writes

        spaces, streams = unfinished(connections[0])
        self._published = published = Published(
            files, connections[0], spaces, cache_bytes, self._loop
        )
        # Not looked up there, for the short way's sake: these stay the same objects.
        self._cache = published.cache
        self._dropped = published.dropped
        self._logs = published.logs
        self._tallies = published.tallies
        reader = published.reader
        self._journal = Journal(
            files, durable=not relaxed, secret=reader.secret(), applied=reader.applied()
        )
        try:
            files.sync_folder()
            files.sync_left()
            self._journal.recover(published.take_up)
        except BaseException:
            self._journal.close(remove=False)
            raise
        writer = Writer(files, connections[1])
        self._checkpointer = None
        if len(connections) > 2:
            self._checkpointer = Checkpointer(
                connections[2], writer, files, wal_limit_bytes=wal_limit_bytes
            )
            writer.after_write(self._checkpointer.after_write)
        self._journal_jobs: RunsJobs
        if run_jobs is JobThread and type(files.disk) is RealDisk:
            self._journal_jobs = JournalThread(self._journal, self._report, self._loop)
        else:
            self._journal_jobs = run_jobs(self._journal, self._report)
        sweeps = [Sweep(space=space) for space in spaces]
        sweeps += [Sweep(stream=stream) for stream in streams]
        self._takeover = TakeOver(
            published,
            self._journal,
            self,
            run_jobs,
            writer,
            sweeps,
            journal_bytes=journal_bytes,
            table_bytes=table_bytes,
            loop=self._loop,
        )

    # Reads

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        if pending:
            row = self._pending(key)
            if row is not MISSING:
                return row
        return self.row_at_once(key)

    def row_at_once(self, key: Key) -> Row | None:
        """The durable row, without waiting."""
        published = self._published
        if published.is_stored:
            row = self._cache.young.get(key, MISSING)
            return published.stored(key) if row is MISSING else row
        return published.row(key)

    def peek(self, key: Key) -> Row | None:
        published = self._published
        tables = (
            self._open_rows,
            self._in_flight_rows,
            published.rows,
            published.frozen_rows,
            self._cache.young,
        )
        row = find(key, tables, MISSING)
        if row is MISSING:
            return published.stored(key)
        if self._dropped and key[0] in self._dropped:
            return None
        return row

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        # All without letting anybody else run: so they are of one moment.
        stored = [self._published.row(key) for key in keys]
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
        return self._published.range(
            space, token, low, high, low_open, high_open, reverse, after, item_limit, byte_limit
        )

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
        return self._published.scan(space, token_low, token_high, after, item_limit, byte_limit)

    async def log_read(
        self, space: int, part: int, after: int, limit: int, *, byte_limit: int = 4 << 20
    ) -> list[LogEntry]:
        return self._published.log_read(space, part, after, limit, byte_limit)

    async def log_bounds(self, space: int, part: int) -> LogBounds:
        if space in self._dropped:
            return LogBounds(1, 0)
        return self._published.log_bounds(space, part)

    async def stats(self, space: int) -> Stats:
        return Stats(0, 0) if space in self._dropped else self._published.stats(space)

    async def version_floor(self) -> int:
        return self._published.version

    async def health(self) -> Health:
        published = self._published
        rows, size = self._cache.sizes()
        disk = os.statvfs(self._files.folder)
        details: dict[str, int | str] = {
            "folder": str(self._files.folder),
            "store_bytes": _size(self._files.path),
            "wal_bytes": _size(self._files.wal_path),
            "journal_bytes": self._journal.used,
            "unapplied_rows": sum(len(table.rows) for table in published.tables),
            "unapplied_bytes": sum(table.bytes for table in published.tables),
            "disk_free_bytes": disk.f_bavail * disk.f_frsize,
            "cache_rows": rows,
            "cache_bytes": size + published.pages.bytes,
            "waiting": len(self._open.waiters),
            "sweeps": len(self._takeover.sweeps.left),
        }
        if self._checkpointer is not None and self._checkpointer.error is not None:
            details["checkpoint_error"] = self._checkpointer.error
        if self._takeover.error is not None:
            details["store_error"] = str(self._takeover.error)
        error = None if self._error is None else str(self._error)
        return Health("sqlite", self._closing is None and error is None, error, details)

    def _pending(self, key: Key) -> Row | Missing | None:
        row = find(key, (self._open_rows, self._in_flight_rows), MISSING)
        if row is not MISSING and key[0] in self._dropped:
            return None
        return row

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
                    row = self._published.row(key)
                if (ABSENT if row is None else row.version) != expect:
                    return Conflict(index, row)

        # What the batch adds to must be known now: once it is durable, nothing may fail.
        for space, part, _ in batch.changes:
            if (space, part) not in self._logs:
                self._published.log_bounds(space, part)
        tallies = batch.tallies
        for tally in tallies:
            if tally.space not in self._tallies:
                self._published.stats(tally.space)

        group = self._open
        rows = group.rows
        version = batch.version
        writing = False
        for write in writes:
            if type(write) is Put:
                rows[write.key] = new_row(version, write.value)
                writing = True
            elif type(write) is Delete:
                rows[write.key] = None
                writing = True
        if batch.changes:
            group.changes += batch.changes
            writing = True
        for space, count, size in tallies:
            group.add_tally(space, count, size)
            writing = True
        if writing:
            # Deletes count too: their change records carry the version.
            if version > group.version:
                group.version = version
            await self._join_open()
        else:
            await self._barrier()
        return None

    def put_seen(
        self,
        key: Key,
        version: int,
        value: bytes,
        rows: int,
        size: int,
        change: Change | None = None,
    ) -> Waiter:
        if self._closing is not None or self._damage is not None:
            self._refuse_at_end()
        space = key[0]
        if self._dropped:
            refuse_dropped_put(space, change, self._dropped)
        if space not in self._tallies:
            self._published.stats(space)
        group = self._open
        if change is not None:
            if (change.space, change.part) not in self._logs:
                self._published.log_bounds(change.space, change.part)
            group.changes.append(change)
        self._open_rows[key] = new_row(version, value)
        sums = group.tallies.get(space)
        if sums is None:
            group.tallies[space] = [rows, size]
        else:
            sums[0] += rows
            sums[1] += size
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
        self._published.forget_space(space)
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
        self._takeover.begin_close()
        if self._sync_timer is not None:
            self._sync_timer.cancel()
        while self._in_flight is not None or self._open.waiters:
            self._idle = self._loop.create_future()
            await self._idle
        await self._takeover.finish()
        self._journal_jobs.stop()
        if self._checkpointer is not None:
            self._checkpointer.stop()
        published = self._published
        published.end_snapshot()
        left = published.frozen is not None or published.growing.serial > 0
        if left:
            logger.warning("the journal in %s keeps the last writes", self._files.folder)
        self._journal.close(remove=not left)
        self._files.close(self._connections)
        published.is_closed = True
        self._closing.set_result(None)

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
        if self._takeover.holds_back():
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
        self._takeover.look()
        if self._open.waiters and not self._hand_over_soon:
            self._hand_over()
        self._tell_idle()

    def _tell_idle(self) -> None:
        if self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    def _publish(self, group: Group) -> None:
        group.published = True
        self._published.take_up(group)
        self._published.pages.forget_those_of(group.rows)
        settle_all(group.waiters, self._loop)
        if self._takeover.timer is None:
            self._takeover.later(group.serial)
        if self._relaxed and self._sync_timer is None and self._closing is None:
            self._sync_timer = self._loop.call_later(_RELAXED_SYNC_S, self._sync)

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
        _refuse(group, type(failure), failure.args)
        # These were never tried: whatever is unknown about the first group, they are not written.
        refusal = StorageError if isinstance(failure, Unknown) else type(failure)
        _refuse(behind, refusal, (f"a write before this one failed: {failure}",))

    # What SQLite takes over

    @property
    def behind(self) -> bool:
        """See `waist.is_behind`."""
        return self._takeover.is_behind

    @property
    def is_writing(self) -> bool:
        return self._in_flight is not None

    def has_room(self) -> None:
        self._hand_over()

    def refuse_waiting(self, failure: StorageError) -> None:
        group = self._open
        self._new_open_group()
        self._error = failure
        _refuse(group, type(failure), failure.args)
        self._tell_idle()

    def end_for(self, damage: StorageCorrupt) -> None:
        self._damage = self._error = damage


def _refuse(group: Group, refusal: type[StorageError], words: tuple[Any, ...]) -> None:
    """Whoever waits for the group gets an error of his own."""
    for waiter in group.waiters:
        if not waiter.done():
            waiter.set_exception(refusal(*words))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
