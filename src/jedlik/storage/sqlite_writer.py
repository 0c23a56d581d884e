"""Writing to SQLite: one transaction per group, and the thread that does it.

The steps of a commit are methods of their own (`begin`, `apply`, `commit`), so that a simulation
can drive them one by one and crash in between; `write` strings them together. While a
statement runs the GIL is free, and rows go in many to a statement, so that the event loop is
asked for the GIL a few times per group and not per row.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from queue import SimpleQueue

import apsw

from jedlik.storage.sqlite_files import SEQ_BITS, Files
from jedlik.storage.sqlite_group import Binding, Group, Job, Sweep
from jedlik.storage.sqlite_reader import last_seq
from jedlik.storage.sqlite_sweep import sweep_space, sweep_stream
from jedlik.storage.waist import Change, StorageError, Unknown

logger = logging.getLogger(__name__)

_ROWS_PER_STATEMENT = 32
_PUT = (
    "INSERT INTO kv VALUES {} ON CONFLICT DO UPDATE SET ver = excluded.ver, val = excluded.val",
    "(?, ?, ?, ?, ?, ?)",
)
_DELETE = ("DELETE FROM kv WHERE (space, token, sort, sub) IN (VALUES {})", "(?, ?, ?, ?)")
_LOG = ("INSERT INTO log VALUES {}", "(?, ?)")
_TALLY = (
    "INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
    " SET rows = rows + excluded.rows, bytes = bytes + excluded.bytes"
)
_CEILING = (
    "INSERT INTO marker VALUES (1, ?, 0) ON CONFLICT DO UPDATE"
    " SET serial = max(serial, excluded.serial)"
)
_VERSIONS_AHEAD = 10_000 << 21  # so as to store it seldom: ten seconds' versions (tables/clock.py)
_VERSION_MAX = (1 << 63) - 1
_NEW_STREAM = (
    "INSERT INTO streams(number, space, part)"
    " SELECT coalesce(max(number), 0) + 1, ?, ? FROM streams RETURNING number"
)

Report = Callable[[Job, StorageError | None], None]


class Writer:
    """Owns the connection that writes. Used by one thread at a time."""

    def __init__(self, files: Files, connection: apsw.Connection) -> None:
        self.connection = connection
        self._cursor = connection.cursor()
        self._files = files
        self._streams: dict[tuple[int, int], list[int]] = {}  # -> [number, last seq]
        self._version_ceiling = 0
        self._after_write: Callable[[], None] | None = None

    def after_write(self, action: Callable[[], None]) -> None:
        """Have `action` called on the writing thread after each job, outside any transaction."""
        self._after_write = action

    def write(self, job: Job) -> StorageError | None:
        """Write all of `job` durably, or nothing and return why."""
        try:
            failure = self._write(job)
            if failure is None and self._after_write is not None:
                self._after_write()
        except Exception as error:  # a bug: fail this job rather than hang its callers
            logger.exception("the writer failed")
            self.undo()
            return Unknown(f"the writer failed: {error!r}")
        return failure

    def _write(self, job: Job) -> StorageError | None:
        try:
            self.begin()
            self.apply(job)
        except Exception as error:
            return self.give_up(error)
        try:
            self.commit()
        except apsw.Error as error:
            return self.settle(job, error)
        return None

    def begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")

    def apply(self, job: Job) -> None:
        if isinstance(job, Sweep):
            self._sweep(job)
            return
        puts: list[Binding] = []
        deletes: list[Binding] = []
        for key, row in job.rows.items():
            if row is not None:
                puts += key
                puts += row
            else:
                deletes += key
        if deletes:
            self._execute_many(_DELETE, deletes, 4)
        if puts:
            self._execute_many(_PUT, puts, 6)
        else:
            self._cursor.execute("UPDATE marker SET serial = ? WHERE id = 0", (job.serial,))
        if job.version > self._version_ceiling:
            self._version_ceiling = min(job.version + _VERSIONS_AHEAD, _VERSION_MAX)
            self._cursor.execute(_CEILING, (self._version_ceiling,))
        if job.changes:
            self._execute_many(_LOG, self._numbered(job.changes), 2)
        if job.tallies:
            for space, (rows, size) in job.tally_sums().items():
                self._cursor.execute(_TALLY, (space, rows, size))
        for sql, bindings in job.statements:
            self._cursor.execute(sql, bindings)

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    def give_up(self, error: Exception) -> StorageError:
        """Undo a job that failed before its commit, be it for something that cannot be stored."""
        if not isinstance(error, apsw.Error):
            logger.error("a group cannot be stored", exc_info=error)
        # Read the cause before the rollback, which may succeed and reset it.
        failure = self._files.storage_error(error, self.connection)
        self.undo()
        return failure

    def undo(self) -> None:
        self._streams.clear()  # their last numbers were counted on in `apply`
        self._version_ceiling = 0
        try:
            if self.connection.in_transaction:
                self._cursor.execute("ROLLBACK")
        except apsw.Error:
            logger.exception("rollback failed")

    def settle(self, job: Job, error: apsw.Error) -> StorageError | None:
        """Find out whether a commit that raised was written all the same.

        SQLite may have put the frames into the WAL and failed to sync them: nobody can see them,
        but a crash now might bring them to life. A later commit overwrites them; so make one.
        """
        failure = self._files.storage_error(error, self.connection)
        self.undo()
        try:
            if isinstance(job, Group) and landed(self.connection, job):
                return None
            self.begin()
            self._cursor.execute("UPDATE marker SET overwritten = overwritten + 1 WHERE id = 0")
            self.commit()
        except apsw.Error:
            self.undo()
            if isinstance(error, (apsw.FullError, apsw.ReadOnlyError)):
                return failure  # the frame that commits was never written whole
            return Unknown(f"cannot tell whether the write is on disk: {failure}")
        return failure

    def _execute_many(self, sql: tuple[str, str], bindings: list[Binding], width: int) -> None:
        step = _ROWS_PER_STATEMENT * width
        for start in range(0, len(bindings), step):
            some = bindings[start : start + step] if len(bindings) > step else bindings
            self._cursor.execute(_repeated(sql, len(some) // width), some)

    def _numbered(self, changes: Sequence[Change]) -> list[Binding]:
        numbered: list[tuple[int, bytes]] = []
        for space, part, record in changes:
            stream = self._streams.get((space, part)) or self._load_stream(space, part)
            stream[1] += 1
            numbered.append(((stream[0] << SEQ_BITS) + stream[1], record))
        return list(chain.from_iterable(numbered))

    def _load_stream(self, space: int, part: int) -> list[int]:
        found = self._cursor.execute(
            "SELECT number, trimmed FROM streams WHERE space = ? AND part = ?", (space, part)
        ).get
        if found is None:
            stream = [self._cursor.execute(_NEW_STREAM, (space, part)).get, 0]
        else:
            stream = [found[0], last_seq(self._cursor, *found)]
        self._streams[space, part] = stream
        return stream

    def _sweep(self, job: Sweep) -> None:
        started = time.perf_counter()
        if job.space is not None:
            job.done = sweep_space(self.connection, job.space)
        elif job.stream is not None:
            job.done = sweep_stream(self.connection, job.stream)
        job.seconds = time.perf_counter() - started


def landed(connection: apsw.Connection, group: Group) -> bool:
    """Whether `group` is in what `connection` sees."""
    evidence = group.evidence()
    if evidence is None:
        serial: int = connection.execute("SELECT serial FROM marker WHERE id = 0").get
        return serial == group.serial
    key, version = evidence
    sql = "SELECT ver FROM kv WHERE space = ? AND token = ? AND sort = ? AND sub = ?"
    found: int | None = connection.execute(sql, key).get
    return found == version


class WriterThread:
    """Runs `writer.write` for one job after the other; `report` is called on this thread."""

    def __init__(self, writer: Writer, report: Report) -> None:
        self._writer = writer
        self._report = report
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="jedlik-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    def stop(self) -> None:
        """Wait for the current job and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._report(job, self._writer.write(job))


@cache
def _repeated(sql: tuple[str, str], count: int) -> str:
    """`sql` with its placeholders for `count` rows; count ≤ _ROWS_PER_STATEMENT."""
    statement, row = sql
    return statement.format(", ".join([row] * count))
