"""How the journal gets its groups on the disk beside the loop.

    submit         loop       encode the group; its place in the file
    Flusher        its thread write it durably: nothing of Python's
    _done          loop       the journal goes on behind it; report

Whatever is not as usual (a file that must be made longer, a write that failed or was cut short, an
fsync for `relaxed`) is done by the journal itself on a thread of Python's.
"""

from __future__ import annotations

import os
from asyncio import AbstractEventLoop

from jedlik.storage.sqlite_disk import UNSUPPORTED
from jedlik.storage.sqlite_flusher import Flusher
from jedlik.storage.sqlite_group import Group, Sync
from jedlik.storage.sqlite_journal import Journal
from jedlik.storage.sqlite_writer import JobThread, Report
from jedlik.storage.waist import StorageError


class _Unfinished:
    """A group that the flusher could not write; `error`: None if it wrote some of it."""

    __slots__ = ("error", "group")

    def __init__(self, group: Group, error: OSError | None) -> None:
        self.group = group
        self.error = error


class JournalThread:
    """Runs the journal's jobs, one at a time; `report` may be called on any thread."""

    __slots__ = (
        "_flusher",
        "_group",
        "_journal",
        "_loop",
        "_others",
        "_report",
        "_size",
        "_usable",
    )

    def __init__(self, journal: Journal, report: Report, loop: AbstractEventLoop) -> None:
        """Raises OSError."""
        self._journal = journal
        self._report = report
        self._loop = loop
        self._group: Group | None = None
        self._size = 0
        self._usable = True
        self._others: JobThread | None = None
        self._flusher = Flusher(loop, self._done)

    def submit(self, job: Group | Sync) -> None:
        if self._usable and isinstance(job, Group):
            try:
                begun = self._journal.begin(job)
            except Exception as error:
                self._loop.call_soon(self._report, job, self._journal.settle(error))
                return
            if begun is not None:
                self._group, self._size = job, len(begun[1])
                self._flusher.submit(*begun)
                return
        self._submit_other(job)

    def stop(self) -> None:
        """Wait for the current job and end the threads."""
        self._flusher.stop()
        if self._others is not None:
            self._others.stop()

    def _done(self, written: int, error: int) -> None:
        group = self._group
        assert group is not None
        self._group = None
        if written == self._size:
            self._journal.accept(group)
            self._report(group, None)
            return
        if error in UNSUPPORTED:
            self._usable, error = False, 0
        fault = OSError(error, os.strerror(error)) if error else None
        self._submit_other(_Unfinished(group, fault))

    def _submit_other(self, job: Group | Sync | _Unfinished) -> None:
        if self._others is None:
            self._others = JobThread(self, self._report_other)
        self._others.submit(job)

    # On the thread of Python's

    def write(self, job: Group | Sync | _Unfinished) -> StorageError | None:
        if isinstance(job, _Unfinished):
            return self._journal.finish(job.group, job.error)
        return self._journal.write(job)

    def _report_other(self, job: Group | Sync | _Unfinished, failure: StorageError | None) -> None:
        self._report(job.group if isinstance(job, _Unfinished) else job, failure)
