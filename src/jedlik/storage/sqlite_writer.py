"""Writing to SQLite: one transaction per table taken over, and the threads that do such work.

The steps of a transaction are methods of their own (`begin`, `apply`, `commit`), so that a
simulation can drive them one by one and crash in between; `write` strings them together. While a
statement runs the GIL is free, and rows go in many to a statement, so that the event loop is
asked for the GIL once for many rows.

SQLite commits without a sync (`synchronous = NORMAL`); what makes a job durable is the sync of its
log that follows, in small pieces, since the journal writes to the same disk (decision 0033).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from queue import SimpleQueue
from typing import Any, Protocol

import apsw

from jedlik.storage.sqlite_files import SEQ_BITS, Files, empty_log
from jedlik.storage.sqlite_group import Binding, Sweep
from jedlik.storage.sqlite_sweep import sweep_space, sweep_stream
from jedlik.storage.sqlite_unapplied import Unapplied
from jedlik.storage.waist import Key, StorageError

logger = logging.getLogger(__name__)

_ROWS_PER_STATEMENT = 32
_PUT = (
    "INSERT INTO kv VALUES {} ON CONFLICT DO UPDATE SET ver = excluded.ver, val = excluded.val",
    "(?, ?, ?, ?, ?, ?)",
)
_DELETE = ("DELETE FROM kv WHERE (space, token, sort, sub) IN (VALUES {})", "(?, ?, ?, ?)")
_LOG = ("INSERT OR REPLACE INTO log VALUES {}", "(?, ?)")
_TALLY = "INSERT OR REPLACE INTO tallies VALUES (?, ?, ?)"
_CEILING = (
    "INSERT INTO marker VALUES (1, ?, 0) ON CONFLICT DO UPDATE"
    " SET serial = max(serial, excluded.serial)"
)
_APPLIED = "UPDATE marker SET serial = ?, overwritten = ? WHERE id = 2"
_TRIM = "UPDATE streams SET trimmed = max(trimmed, ?) WHERE space = ? AND part = ?"
_DROP = "INSERT OR IGNORE INTO drops VALUES (?)"
_STREAM = "SELECT number FROM streams WHERE space = ? AND part = ?"
_NEW_STREAM = (
    "INSERT INTO streams(number, space, part)"
    " SELECT coalesce(max(number), 0) + 1, ?, ? FROM streams RETURNING number"
)

StoreJob = Unapplied | Sweep


class Writer:
    """Owns the connection that writes. Used by one thread at a time.

    turn: held while it writes; who holds it knows that nobody writes to SQLite's log.
    is_log_in_doubt: some of the log may not be on the disk, though the system may say it is.
    refusal: why there can be no more jobs; None while there can.

    Whatever a job does can be done again, so that one that failed, or of which nobody can tell
    whether it did, is simply repeated.
    """

    def __init__(self, files: Files, connection: apsw.Connection) -> None:
        self.connection = connection
        self.turn = threading.Lock()
        self.is_log_in_doubt = False
        self.refusal: StorageError | None = None
        self._cursor = connection.cursor()
        self._files = files
        self._after_write: Callable[[], None] | None = None

    def after_write(self, action: Callable[[], None]) -> None:
        """Have `action` called on the writing thread after each job, outside any transaction."""
        self._after_write = action

    def write(self, job: StoreJob) -> StorageError | None:
        """Do all of `job`, or nothing and return why."""
        with self.turn:
            if self.refusal is not None:
                return self.refusal
            try:
                self.begin()
                self.apply(job)
                self.commit()
                if self._after_write is not None:
                    self._after_write()
            except Exception as error:
                return self.give_up(error)
        return None

    def begin(self) -> None:
        if self.is_log_in_doubt:
            # What follows in the log would be lost with what is missing before it.
            empty_log(self.connection)
            self.is_log_in_doubt = False
        self._cursor.execute("BEGIN IMMEDIATE")

    def apply(self, job: StoreJob) -> None:
        if isinstance(job, Sweep):
            self._sweep(job)
            return
        # In the order of their keys, which is that of the pages.
        for keys in job.order.chunks():
            self._write_rows(job, keys)
        for (space, part), (seq, records) in job.logs.items():
            first = (self._stream(space, part) << SEQ_BITS) + seq
            self._execute_many(_LOG, chain.from_iterable(enumerate(records, first)), 2)
        for space, (rows, size) in job.tallies.items():
            self._cursor.execute(_TALLY, (space, rows, size))
        for (space, part), upto in job.trims.items():
            self._cursor.execute(_TRIM, (upto, space, part))
        for space in job.drops:
            self._cursor.execute(_DROP, (space,))
        self._cursor.execute(_CEILING, (job.version,))
        self._cursor.execute(_APPLIED, (job.serial, job.check))

    def commit(self) -> None:
        self._cursor.execute("COMMIT")
        self.is_log_in_doubt = True
        self._files.sync(self._files.wal_path)
        self.is_log_in_doubt = False

    def give_up(self, error: Exception) -> StorageError:
        """Undo a job that failed."""
        if not isinstance(error, apsw.Error):
            logger.error("the writer failed", exc_info=error)
        # Read the cause before the rollback, which may succeed and reset it.
        failure = self._files.storage_error(error, self.connection)
        try:
            if self.connection.in_transaction:
                self._cursor.execute("ROLLBACK")
        except apsw.Error:
            logger.exception("rollback failed")
        return failure

    def _write_rows(self, table: Unapplied, keys: list[Key]) -> None:
        puts: list[Binding] = []
        deletes: list[Binding] = []
        rows = table.rows
        for key in keys:
            row = rows[key]
            if row is None:
                deletes += key
            elif key[0] not in table.drops:
                puts += key
                puts += row
        self._execute_many(_DELETE, deletes, 4)
        self._execute_many(_PUT, puts, 6)

    def _execute_many(
        self, sql: tuple[str, str], bindings: list[Binding] | Iterator[Any], width: int
    ) -> None:
        every = bindings if isinstance(bindings, list) else list(bindings)
        step = _ROWS_PER_STATEMENT * width
        for start in range(0, len(every), step):
            some = every[start : start + step]
            self._cursor.execute(_repeated(sql, len(some) // width), some)

    def _stream(self, space: int, part: int) -> int:
        found: int | None = self._cursor.execute(_STREAM, (space, part)).get
        if found is None:
            found = self._cursor.execute(_NEW_STREAM, (space, part)).get
            assert found is not None
        return found

    def _sweep(self, job: Sweep) -> None:
        started = time.perf_counter()
        if job.space is not None:
            job.done = sweep_space(self.connection, job.space)
        elif job.stream is not None:
            job.done = sweep_stream(self.connection, job.stream)
        job.seconds = time.perf_counter() - started


class Works(Protocol):
    """What does jobs: the journal, or SQLite's writer."""

    def write(self, job: Any) -> StorageError | None: ...


Report = Callable[[Any, StorageError | None], None]


class JobThread:
    """Has `worker` do one job after the other; `report` is called on this thread."""

    def __init__(self, worker: Works, report: Report) -> None:
        self._work = worker.write
        self._report = report
        self._jobs: SimpleQueue[Any] = SimpleQueue()
        name = f"jedlik-{type(worker).__name__.lower()}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Any) -> None:
        self._jobs.put(job)

    def stop(self) -> None:
        """Wait for the current job and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._report(job, self._work(job))


@cache
def _repeated(sql: tuple[str, str], count: int) -> str:
    """`sql` with its placeholders for `count` rows; count ≤ _ROWS_PER_STATEMENT."""
    statement, row = sql
    return statement.format(", ".join([row] * count))
