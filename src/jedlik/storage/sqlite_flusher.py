"""A thread that makes bytes durable and tells the loop: one write at a time.

In Python's form it asks for the GIL twice for each write, and a busy loop gives that up only when
its time is over. The compiled form (`sqlite_flusher.pyx`) says the same in C and never asks for it:
a group of writes then costs the loop one look at a pipe.
"""

from __future__ import annotations

import os
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable
from queue import SimpleQueue

Done = Callable[[int, int], None]
"""done(written, error): how many bytes are durable, or -1 and why not (an errno)."""

_DSYNC = getattr(os, "RWF_DSYNC", 0)
_sync_data = getattr(os, "fdatasync", os.fsync)


class Flusher:
    """`done` is called on the loop."""

    def __init__(self, loop: AbstractEventLoop, done: Done) -> None:
        """Raises OSError."""
        self._loop = loop
        self._done = done
        self._jobs: SimpleQueue[tuple[int, bytes, int] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="jedlik-flusher", daemon=True)
        self._thread.start()

    def submit(self, file: int, data: bytes, at: int) -> None:
        """Write `data` at this place of an open file. Not before the last one is done."""
        self._jobs.put((file, data, at))

    def stop(self) -> None:
        """End the thread, which has nothing to do. Harmless when repeated."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            file, data, at = job
            try:
                if _DSYNC:
                    written = os.pwritev(file, (data,), at, _DSYNC)
                else:
                    written = os.pwrite(file, data, at)
                    _sync_data(file)
            except OSError as error:
                self._loop.call_soon_threadsafe(self._done, -1, error.errno or 0)
            else:
                self._loop.call_soon_threadsafe(self._done, written, 0)
