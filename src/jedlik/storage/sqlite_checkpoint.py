"""Keeps the write-ahead log short, in turn with the writer.

When some megabytes were written, a thread copies the log into the database file while the writer
waits (a checkpoint; clients do not wait for either), so that the log can begin anew. What a burst
has left of it is cut off once writing has rested.

SQLite would sync all that was copied at once (`synchronous = OFF` here keeps it from that), and
the journal writes to the same disk; so it is synced here, in small pieces. Until that is done the
writer has no turn: it would write over the log, of which the database file has not all (decision
0033).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import apsw

from jedlik.storage.sqlite_files import PAGE_BYTES, Files, empty_log
from jedlik.storage.sqlite_writer import Writer

logger = logging.getLogger(__name__)

_DUE_PAGES = (32 << 20) // PAGE_BYTES
_RETRY_S = 1.0
_SHORT_WAIT_MS = 20  # for readers, whose snapshots last a tick of the loop
_LONG_WAIT_MS = 1000  # once the log is beyond its limit
_REST_S = 5.0  # without a write: then the log may be cut off
_WORTH_CUTTING_BYTES = 4 << 20


class Checkpointer:
    """error: of the last checkpoint."""

    def __init__(
        self, connection: apsw.Connection, writer: Writer, files: Files, *, wal_limit_bytes: int
    ) -> None:
        self.error: str | None = None
        self._connection = connection
        self._writer = writer
        self._files = files
        self._limit_pages = max(wal_limit_bytes // PAGE_BYTES, 1)
        self._due_pages = min(_DUE_PAGES, max(self._limit_pages // 8, 1))
        self._written = 0  # pages, as SQLite counts them for the writer's connection
        self._checkpointed = 0
        self._cut_at = 0  # when the log was last looked at after a rest
        self._resting = True  # the next write shall wake the thread, to watch for the next rest
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jedlik-checkpoint", daemon=True)
        self._thread.start()

    def after_write(self) -> None:
        """Between two groups, on the writing thread."""
        self._written = self._writer.connection.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE)[0]
        if self._resting or self._is_due():
            self._resting = False
            self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _is_due(self) -> bool:
        return self._written - self._checkpointed >= self._due_pages

    def _run(self) -> None:
        seen, seen_at = 0, 0.0
        while True:
            self._wake.wait(self._wait_s())
            self._wake.clear()
            if self._stopping:
                return
            if self._written != seen:
                seen, seen_at = self._written, time.monotonic()
            if self._is_due():
                self._do(self._checkpoint)
            elif seen != self._cut_at and time.monotonic() - seen_at >= _REST_S:
                self._do(self._cut)

    def _wait_s(self) -> float | None:
        """None when there is nothing to watch for: a server at rest does not wake up."""
        return None if self._resting else _REST_S

    def _do(self, work: Callable[[], None]) -> None:
        writer = self._writer
        with writer.turn:
            if writer.refusal is not None or writer.is_log_in_doubt:
                return
            try:
                work()
            except apsw.BusyError:
                return  # a reader: the next time
            except (apsw.Error, OSError) as error:
                if self.error is None:
                    logger.warning("checkpoint failed, the log keeps growing: %s", error)
                self.error = str(error)
            else:
                self.error = None
                return
        self._wake.wait(_RETRY_S)

    def _checkpoint(self) -> None:
        is_long = self._written - self._checkpointed >= self._limit_pages
        self._connection.set_busy_timeout(_LONG_WAIT_MS if is_long else _SHORT_WAIT_MS)
        try:
            # Waits for readers, so that the log begins anew with the next write.
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
            self._checkpointed = self._written
        finally:
            self._sync()

    def _cut(self) -> None:
        """Empty the log after a rest."""
        if self._files.wal_path.stat().st_size >= _WORTH_CUTTING_BYTES:
            self._checkpoint()
            empty_log(self._connection)
        self._cut_at = self._written
        self._resting = True

    def _sync(self) -> None:
        """Whatever was copied, SQLite takes for safe: have it so."""
        try:
            self._files.sync(self._files.path)
        except OSError as error:
            # It does not copy twice; but who opens the files next copies the whole log again.
            self._writer.refusal = self._files.storage_error(error)
            self._files.keeps_log = True
            raise
