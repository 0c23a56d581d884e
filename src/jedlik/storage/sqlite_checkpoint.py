"""Keeps the write-ahead log short without making anybody wait.

A thread copies the log into the database file (a PASSIVE checkpoint) whenever some megabytes were
written. Under steady writing that never catches up entirely, so that the log could not start
again at its beginning; when it has grown too long the writer itself, between two groups, copies
the small rest and restarts it. What a burst has left is cut off once writing has rested.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import apsw

from jedlik.storage.sqlite_files import BUSY_MS, PAGE_BYTES

logger = logging.getLogger(__name__)

_PASSIVE_PAGES = (32 << 20) // PAGE_BYTES
_CATCH_UPS_MAX = 4
_REST_PAGES = 100
_RETRY_S = 1.0
_SHORT_WAIT_MS = 20  # for readers, whose snapshots last a tick of the loop
_LONG_WAIT_MS = 1000  # once the log is beyond its limit
_REST_S = 5.0  # without a write: then the log may be cut off
_WORTH_CUTTING_BYTES = 4 << 20


class Checkpointer:
    def __init__(
        self,
        connection: apsw.Connection,
        writing: apsw.Connection,
        wal_path: Path,
        *,
        wal_limit_bytes: int,
    ) -> None:
        """`writing` is the writer's connection."""
        self.error: str | None = None
        self._connection = connection
        connection.set_busy_timeout(_SHORT_WAIT_MS)
        self._writing = writing
        self._wal_path = wal_path
        self._limit_pages = max(wal_limit_bytes // PAGE_BYTES, 1)
        self._passive_pages = min(_PASSIVE_PAGES, max(self._limit_pages // 8, 1))
        self._written = 0  # pages, as SQLite counts them for the writer's connection
        self._checkpointed = 0
        self._cut_at = 0  # when the log was last looked at after a rest
        self._resting = True  # the next write shall wake the thread, to watch for the next rest
        self._restart_wait_ms = 0  # not 0: a restart is wanted
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jedlik-checkpoint", daemon=True)
        self._thread.start()

    def after_write(self) -> None:
        """Between two groups, on the writing thread."""
        self._written = self._writing.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE)[0]
        if self._restart_wait_ms:
            self._restart()
        elif self._resting or self._written - self._checkpointed >= self._passive_pages:
            self._resting = False
            self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _restart(self) -> None:
        try:
            self._writing.set_busy_timeout(self._restart_wait_ms)
            self._restart_wait_ms = 0
            self._writing.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
            self._checkpointed = self._written
        except apsw.BusyError:
            pass  # a reader, or the thread; the next passive checkpoint asks again
        except apsw.Error as error:
            self._failed(error)
        finally:
            self._writing.set_busy_timeout(BUSY_MS)

    def _run(self) -> None:
        seen, seen_at = 0, 0.0
        while True:
            self._wake.wait(self._wait_s())
            self._wake.clear()
            if self._stopping:
                return
            if self._written != seen:
                seen, seen_at = self._written, time.monotonic()
            if self._written - self._checkpointed >= self._passive_pages:
                self._checkpoint()
            elif seen != self._cut_at and time.monotonic() - seen_at >= _REST_S:
                self._cut()

    def _wait_s(self) -> float | None:
        """None when there is nothing to watch for: a server at rest does not wake up."""
        return None if self._resting else _REST_S

    def _checkpoint(self) -> None:
        try:
            pages = self._copy()
            if pages >= self._limit_pages // 4:
                # Copy again what was written meanwhile, each time less: the writer shall find
                # little to do, for everybody waits while it restarts the log.
                for _ in range(_CATCH_UPS_MAX):
                    if self._written - self._checkpointed <= _REST_PAGES:
                        break
                    pages = self._copy()
                too_long = pages >= self._limit_pages
                self._restart_wait_ms = _LONG_WAIT_MS if too_long else _SHORT_WAIT_MS
        except apsw.Error as error:
            self._failed(error)
            self._wake.wait(_RETRY_S)
        else:
            self.error = None

    def _cut(self) -> None:
        """Empty the log after a rest. A writer that comes now waits while the rest is copied."""
        written = self._written
        try:
            if self._wal_path.stat().st_size >= _WORTH_CUTTING_BYTES:
                self._copy()
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
                self._checkpointed = written
        except apsw.BusyError:
            return  # a reader or a writer: after the next rest
        except (apsw.Error, OSError) as error:
            self._failed(error)
        else:
            self.error = None
        self._cut_at = written
        self._resting = self._written == written

    def _copy(self) -> int:
        """The length of the log in pages."""
        written = self._written
        pages, _ = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        self._checkpointed = written
        return pages

    def _failed(self, error: Exception) -> None:
        if self.error is None:
            logger.warning("checkpoint failed, the write-ahead log keeps growing: %s", error)
        self.error = str(error)
