"""A lease: which of several processes does the background work.

One guarded row, written anew by its holder once a second:

    (JOBS_SPACE, "lease", name, "") -> who holds it; nothing when it was given back

Nobody compares clocks. A holder takes the lease to be its own for VALID_S of its own time from the
moment before it last wrote the row; whoever wants it takes it when the row has not changed for
PATIENCE_S of theirs, under the guard that it still has not. So two hold it at once only where one's
clock runs half as fast again as another's, or a process is stopped in the middle of a step. Work
is such that even then no harm is done: what a step writes is guarded by what it was decided on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from jedlik.storage.waist import ABSENT, Batch, Put, StorageClosed, StorageError
from jedlik.tables.database import JOBS_SPACE, Database

BEAT_S = 1.0
VALID_S = 4.0
PATIENCE_S = 6.0

_TOKEN = b"lease".ljust(16, b"\0")

_log = logging.getLogger("jedlik.workers")


class Lease:
    """monotonic: seconds of this process's own time."""

    def __init__(
        self,
        db: Database,
        name: str,
        *,
        holder: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._key = (JOBS_SPACE, _TOKEN, name.encode(), b"")
        self._holder = holder.encode()
        self._monotonic = monotonic
        self._mine: set[int] = set()
        """Versions of the row that are, or may be, this process's."""
        self._seen = -1
        self._seen_at = 0.0
        self._valid_until = float("-inf")
        self._taken = asyncio.Event()

    @property
    def held(self) -> bool:
        """Whether it is this process's now."""
        return self._monotonic() < self._valid_until

    async def beat(self) -> bool:
        """Look at the row; write it anew if it is ours, or has been left. Whether it is held."""
        before = self.held
        try:
            await self._beat()
        finally:
            held = self.held
            if held:
                self._taken.set()
            else:
                self._taken.clear()
            if held != before:
                _log.info("does the background work" if held else "background work is another's")
        return held

    async def _beat(self) -> None:
        row = await self._db.engine.get_one(self._key)
        version = row.version if row is not None else ABSENT
        ours = version in self._mine
        free = row is None or not row.value
        now = self._monotonic()
        if version != self._seen:
            self._seen, self._seen_at = version, now
        elif not ours and not free and now - self._seen_at >= PATIENCE_S:
            free = True
        if not (ours or free):
            self._mine.clear()
            return
        new = self._db.versions.next(version)
        self._mine = {version, new} if ours else {new}
        put = Put(self._key, version, self._holder)
        began = self._monotonic()
        # Where nobody can tell whether it was written, the next look at the row will.
        if await self._db.engine.commit(Batch(new, (put,))) is None:
            self._valid_until = began + VALID_S

    async def wait(self) -> None:
        """Until it is held."""
        while not self.held:
            self._taken.clear()
            await self._taken.wait()

    async def keep(self) -> None:
        """Beat for ever, from a task of its own."""
        while True:
            try:
                await self.beat()
            except StorageClosed:
                return
            except StorageError as fault:
                _log.warning("the lease could not be looked at: %s", fault)
            await asyncio.sleep(BEAT_S)

    async def give_back(self) -> None:
        """Let another process go on at once. The caller's work has ended."""
        if not self.held:
            return
        self._valid_until = float("-inf")
        for version in self._mine:
            new = self._db.versions.next(version)
            try:
                await self._db.engine.commit(Batch(new, (Put(self._key, version, b""),)))
            except StorageError:
                return  # it is found out in a while
