"""The SQLite engine: the default. One folder, one process, one writer; crash-safe.

A batch's way, and who does what:

    commit()     loop    check guards against pending, cached and stored rows; join the open group
    _hand_over   loop    when the writer is idle, give it the open group
    Writer.write thread  begin, apply, commit (the fsync)
    _published   loop    rows become visible to plain reads; everybody who waited is answered

Three states of a row: stored and published (the cache, else SQLite), pending in the group that
the writer has (`_in_flight`), pending in the group that still fills (`_open`). If a group fails,
so does everything that was checked against it: both groups' batches get the error, and none of
their rows was ever visible to a plain read.

SQLite may show the group in flight before the loop has published it. Every snapshot therefore
looks for that first, and publishes before it reads; so that no read is older than one before it.

Not thread-safe: everything but the writer's and the checkpointer's threads runs on one loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import apsw

from jedlik.storage.sqlite_cache import MISSING, Missing, RowCache
from jedlik.storage.sqlite_checkpoint import Checkpointer
from jedlik.storage.sqlite_files import READ_CACHE_KB, WRITE_CACHE_KB, Files
from jedlik.storage.sqlite_group import Group, Job, Sweep
from jedlik.storage.sqlite_pages import PageCache
from jedlik.storage.sqlite_reader import Reader
from jedlik.storage.sqlite_sweep import unfinished
from jedlik.storage.sqlite_writer import Report, Writer, WriterThread, landed
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
    StorageError,
    Unknown,
    refuse_dropped,
)

_new_row: Callable[[tuple[int, bytes]], Row] = partial(tuple.__new__, Row)
_SWEEP_SHARE = 4  # a sweep rests this many times as long as its last step took
_SWEEP_REST_MIN_S = 0.002
_SWEEP_RETRY_S = 1.0
_RELAXED_SYNC_S = 1.0


class RunsJobs(Protocol):
    """What writes jobs, one after the other: `WriterThread`, or a simulation's stepper."""

    def submit(self, job: Job) -> None: ...

    def stop(self) -> None: ...


class SqliteEngine:
    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        durability: str = "full",
        cache_bytes: int = 32 << 20,
        wal_limit_bytes: int = 256 << 20,
        alone: Callable[[], bool] | None = None,
        run_jobs: Callable[[Writer, Report], RunsJobs] = WriterThread,
        checkpoints: bool = True,
        vfs: str | None = None,
    ) -> SqliteEngine:
        """Open the store in `folder`, or make one. To be called from the loop that will use it.

        `durability`: "full", or "relaxed" to answer before the fsync (up to a second is lost if
        the machine, not the process, fails). `alone()` tells that no other request is around: a
        write then commits on the loop instead of waking the thread. `run_jobs`, `checkpoints`
        and `vfs` are for simulations and failure tests.

        Raises FolderLocked, StorageReadOnly, StorageFull, StorageCorrupt, StorageOutdated.
        """
        files = Files(Path(folder), durability=durability, vfs=vfs)
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
                relaxed=durability == "relaxed",
                cache_bytes=cache_bytes,
                wal_limit_bytes=wal_limit_bytes,
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
        alone: Callable[[], bool] | None,
        run_jobs: Callable[[Writer, Report], RunsJobs],
    ) -> None:
        """Use `open`."""
        self._files = files
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._reader = Reader(connections[0])
        self._writer = Writer(files, connections[1])
        self._cache = RowCache(cache_bytes * 5 // 8)
        self._pages = PageCache(cache_bytes * 3 // 8)
        self._alone = alone
        self._relaxed = relaxed

        self._serial = self._reader.serial() + 1  # that one has been written already
        self._open = Group(self._serial)
        self._open_rows = self._open.rows
        self._in_flight: Job | None = None
        self._in_flight_rows: dict[Key, Row | None] = {}
        self._hand_over_soon = False
        self._error: StorageError | None = None
        self._closing: asyncio.Future[None] | None = None
        self._idle: asyncio.Future[None] | None = None

        spaces, streams = unfinished(connections[0])
        self._dropped = set(spaces)
        self._sweeps = [Sweep(space=space) for space in spaces]
        self._sweeps += [Sweep(stream=stream) for stream in streams]
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._sweep_due = False

        self._checkpointer = None
        if len(connections) > 2:
            self._checkpointer = Checkpointer(
                connections[2],
                connections[1],
                files.wal_path,
                wal_limit_bytes=wal_limit_bytes,
                sync_every_s=_RELAXED_SYNC_S if relaxed else None,
            )
            self._writer.after_write(self._checkpointer.after_write)
        self._jobs = run_jobs(self._writer, self._report)
        self._sweep_later(_SWEEP_REST_MIN_S)

    # Reads

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        if pending:
            row = self._pending(key)
            if row is not MISSING:
                return row
        row = self._cache.young.get(key, MISSING)
        if row is not MISSING:
            return row
        return self._stored(key)

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        find = self._cache.young.get
        rows = [find(key, MISSING) for key in keys]
        if MISSING in rows:
            # The snapshot may publish, and so outdate what was just found: take all again.
            self._begin_snapshot()
            stored = [self._stored(key) for key in keys]
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
                page = self._reader.range(space, token, *asked)
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
            return self._reader.scan(space, token_low, token_high, after, item_limit, byte_limit)
        except apsw.Error as error:
            raise self._read_error(error) from error

    async def log_read(
        self, space: int, part: int, after: int, limit: int, *, byte_limit: int = 4 << 20
    ) -> list[LogEntry]:
        if space in self._dropped:
            return []
        self._begin_snapshot()
        try:
            return self._reader.log_read(space, part, after, limit, byte_limit)
        except apsw.Error as error:
            raise self._read_error(error) from error

    async def log_bounds(self, space: int, part: int) -> LogBounds:
        if space in self._dropped:
            return LogBounds(1, 0)
        self._begin_snapshot()
        try:
            return self._reader.log_bounds(space, part)
        except apsw.Error as error:
            raise self._read_error(error) from error

    async def stats(self, space: int) -> Stats:
        if space in self._dropped:
            return Stats(0, 0)
        self._begin_snapshot()
        try:
            return self._reader.stats(space)
        except apsw.Error as error:
            raise self._read_error(error) from error

    async def version_floor(self) -> int:
        self._begin_snapshot()
        try:
            return self._reader.version_ceiling()
        except apsw.Error as error:
            raise self._read_error(error) from error

    async def health(self) -> Health:
        rows, size = self._cache.sizes()
        disk = os.statvfs(self._files.folder)
        details: dict[str, int | str] = {
            "folder": str(self._files.folder),
            "store_bytes": _size(self._files.path),
            "wal_bytes": _size(self._files.wal_path),
            "disk_free_bytes": disk.f_bavail * disk.f_frsize,
            "cache_rows": rows,
            "cache_bytes": size + self._pages.bytes,
            "waiting": len(self._open.waiters),
            "sweeps": len(self._sweeps),
        }
        if self._checkpointer is not None and self._checkpointer.error is not None:
            details["checkpoint_error"] = self._checkpointer.error
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

    def _stored(self, key: Key) -> Row | None:
        """The durable row, from the cache or from SQLite."""
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
        """Have a snapshot of exactly what is published, until this tick of the loop ends."""
        reader = self._reader
        if reader.in_snapshot:
            return
        if self._closing is not None and self._closing.done():
            raise StorageClosed(f"the store in {self._files.folder} is closed")
        try:
            reader.begin()
            self._loop.call_soon(self._end_snapshot)
            group = self._in_flight
            if isinstance(group, Group) and not group.published:
                if landed(reader.connection, group):
                    self._publish(group)
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
        if self._closing is not None:
            raise StorageClosed(f"the store in {self._files.folder} is being closed")
        writes = batch.writes
        if self._dropped:
            refuse_dropped(batch, self._dropped)
        for index, write in enumerate(writes):
            expect = write[1]
            if expect != ANY:
                key = write[0]
                row = self._pending(key)
                if row is MISSING:
                    row = self._cache.young.get(key, MISSING)
                    if row is MISSING:
                        row = self._stored(key)
                if (ABSENT if row is None else row[0]) != expect:
                    return Conflict(index, row)

        group = self._open
        rows = group.rows
        version = batch.version
        writing = False
        for write in writes:
            if type(write) is Put:
                rows[write[0]] = _new_row((version, write[2]))
                writing = True
            elif type(write) is Delete:
                rows[write[0]] = None
                writing = True
        if batch.changes:
            group.changes += batch.changes
            writing = True
        if batch.tallies:
            group.tallies += batch.tallies
            writing = True
        if writing:
            # Deletes count too: their change records carry the version.
            if version > group.version:
                group.version = version
            await self._join_open()
        else:
            await self._barrier()
        return None

    async def log_trim(self, space: int, part: int, upto: int) -> None:
        first, last = await self.log_bounds(space, part)
        upto = min(upto, last)
        if upto < first or self._closing is not None:
            return
        await self._execute(
            "UPDATE streams SET trimmed = max(trimmed, ?) WHERE space = ? AND part = ?",
            (upto, space, part),
        )
        self._begin_snapshot()
        stream = self._reader.stream(space, part)
        if stream is not None and not any(sweep.stream == stream for sweep in self._sweeps):
            self._sweeps.append(Sweep(stream=stream))
        self._sweep_later(_SWEEP_REST_MIN_S)

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
            await self._execute("INSERT INTO drops VALUES (?)", (space,))
        except StorageError:
            self._dropped.discard(space)
            raise
        self._sweeps.append(Sweep(space=space))
        self._sweep_later(_SWEEP_REST_MIN_S)

    async def close(self) -> None:
        if self._closing is not None:
            await asyncio.shield(self._closing)
            return
        self._closing = self._loop.create_future()
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        while self._in_flight is not None or self._open.waiters:
            self._idle = self._loop.create_future()
            await self._idle
        self._jobs.stop()
        if self._checkpointer is not None:
            self._checkpointer.stop()
        self._end_snapshot()
        _release(self._files, self._connections)
        self._closing.set_result(None)

    def _join_open(self) -> asyncio.Future[None]:
        """Wait for the open group, to which something was just added."""
        future: asyncio.Future[None] = self._loop.create_future()
        self._open.waiters.append(future)
        if self._in_flight is None and not self._hand_over_soon:
            if self._alone is not None and self._alone():
                self._hand_over()
            else:
                # Not at once: whatever else this tick of the loop brings shall share the fsync.
                self._hand_over_soon = True
                self._loop.call_soon(self._hand_over)
        return future

    async def _barrier(self) -> None:
        """Wait until everything that is pending now is durable."""
        if self._open.waiters:
            await self._join_open()
        elif isinstance(self._in_flight, Group) and not self._in_flight.published:
            future: asyncio.Future[None] = self._loop.create_future()
            self._in_flight.waiters.append(future)
            await future

    async def _execute(self, sql: str, bindings: tuple[int, ...]) -> None:
        """Have the engine's own statement be part of the open group."""
        if self._closing is not None:
            raise StorageClosed(f"the store in {self._files.folder} is being closed")
        self._open.statements.append((sql, bindings))
        await self._join_open()

    def _hand_over(self) -> None:
        """Give the open group to the writer, if that is idle."""
        self._hand_over_soon = False
        group = self._open
        if self._in_flight is not None or not group.waiters:
            return
        self._new_open_group()
        self._in_flight = group
        self._in_flight_rows = group.rows
        if self._relaxed or (self._alone is not None and self._alone()):
            self._finished(group, self._writer.write(group))
        else:
            self._jobs.submit(group)

    def _new_open_group(self) -> None:
        self._serial += 1
        self._open = Group(self._serial)
        self._open_rows = self._open.rows

    def _report(self, job: Job, failure: StorageError | None) -> None:
        """On the writer's thread: tell the loop."""
        self._loop.call_soon_threadsafe(self._finished, job, failure)

    def _finished(self, job: Job, failure: StorageError | None) -> None:
        self._in_flight = None
        if isinstance(job, Sweep):
            self._swept(job, failure)
        elif failure is None:
            if not job.published:
                self._end_snapshot()  # it is older than what becomes visible now
                self._publish(job)
            self._error = None
        else:
            self._fail(job, failure)
        if self._sweep_due:
            self._sweep()
        if self._open.waiters and not self._hand_over_soon:
            self._hand_over()
        if self._idle is not None and self._in_flight is None and not self._open.waiters:
            self._idle.set_result(None)
            self._idle = None

    def _publish(self, group: Group) -> None:
        group.published = True
        self._in_flight_rows = {}
        put = self._cache.put
        dropped = self._dropped
        for key, row in group.rows.items():
            if not dropped or key[0] not in dropped:
                put(key, row)
        if self._pages:
            for key in group.rows:
                self._pages.forget((key[0], key[1]))
        for future in group.waiters:
            if not future.done():
                future.set_result(None)

    def _fail(self, group: Group, failure: StorageError) -> None:
        """Refuse the group and everything that was checked against it."""
        self._error = failure
        self._in_flight_rows = {}
        if isinstance(failure, Unknown):
            for key in group.rows:
                self._cache.forget(key)
                self._pages.forget(key[:2])
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

    # Sweeps

    def _sweep_later(self, delay_s: float) -> None:
        waiting = self._sweep_due or self._sweep_timer is not None
        if self._sweeps and not waiting and self._closing is None:
            self._sweep_timer = self._loop.call_later(delay_s, self._sweep)

    def _sweep(self) -> None:
        """Sweep one step now, or as soon as the writer is through with its group."""
        self._sweep_timer = None
        self._sweep_due = self._in_flight is not None and self._closing is None
        if self._sweeps and self._in_flight is None and self._closing is None:
            self._in_flight = self._sweeps[0]
            self._jobs.submit(self._sweeps[0])

    def _swept(self, sweep: Sweep, failure: StorageError | None) -> None:
        self._error = failure
        if failure is not None:
            self._sweep_later(_SWEEP_RETRY_S)
            return
        if sweep.done:
            self._sweeps.remove(sweep)
        self._sweep_later(max(_SWEEP_SHARE * sweep.seconds, _SWEEP_REST_MIN_S))


def _release(files: Files, connections: list[apsw.Connection]) -> None:
    for connection in reversed(connections):
        connection.close()
    files.unlock()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
