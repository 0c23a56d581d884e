"""How SQLite takes over what is published, beside the loop, and when.

    freeze        loop     what was published is enough, or old enough: begin a new table
    Writer.write  thread   one transaction with all of the frozen one, in the order of its keys
    _taken_over   loop     into the cache with it; its part of the journal is free again

While SQLite is behind, the next table grows; at twice the limits whoever writes waits. What fails
is tried again, unless it is damage. The same thread sweeps what drops and trims left, in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol

import apsw

from jedlik.storage.sqlite_group import Sweep
from jedlik.storage.sqlite_journal import Journal
from jedlik.storage.sqlite_published import Published
from jedlik.storage.sqlite_sweeps import Sweeps
from jedlik.storage.sqlite_unapplied import Unapplied
from jedlik.storage.sqlite_writer import Report, StoreJob, Works
from jedlik.storage.waist import Key, Row, StorageCorrupt, StorageError

logger = logging.getLogger(__name__)

_RETRY_S = 1.0
_REST_S = 1.0  # without a write: then SQLite takes over what there is,
_RESTLESS = 10  # and if there is no rest, after so many times that
_HARD_LIMIT = 2  # times a limit: here writes wait for SQLite
_CACHED_PER_TICK = 100
_FREED_PER_TICK = 200


class RunsJobs(Protocol):
    """What does jobs, one after the other: a `JobThread`, or a simulation's stepper."""

    def submit(self, job: Any) -> None: ...

    def stop(self) -> None: ...


class Writing(Protocol):
    """The engine, as far as this must know of it."""

    @property
    def is_writing(self) -> bool:
        """Whether a group is on its way to the journal."""

    def has_room(self) -> None:
        """Who waited for SQLite may go on."""

    def refuse_waiting(self, failure: StorageError) -> None:
        """Who waits for SQLite has waited in vain."""

    def end_for(self, damage: StorageCorrupt) -> None:
        """There can be no more writes."""


class TakeOver:
    """error: of the last job. timer: runs while there may be something to take over after a rest.
    is_due: it is to be taken over once no group is on its way."""

    # With a dictionary, so that a test can put something in the place of a method.
    __slots__ = (
        "__dict__",
        "_idle",
        "_is_closing",
        "_is_damaged",
        "_is_moving",
        "_jobs",
        "_journal",
        "_journal_bytes",
        "_loop",
        "_once_more",
        "_published",
        "_table_bytes",
        "_writing",
        "error",
        "is_due",
        "is_held_back",
        "job",
        "sweeps",
        "timer",
    )

    def __init__(
        self,
        published: Published,
        journal: Journal,
        writing: Writing,
        run_jobs: Callable[[Works, Report], RunsJobs],
        worker: Works,
        sweeps: list[Sweep],
        *,
        journal_bytes: int,
        table_bytes: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._published = published
        self._journal = journal
        self._writing = writing
        self._journal_bytes = journal_bytes
        self._table_bytes = table_bytes
        self._loop = loop
        self.sweeps = Sweeps(sweeps, self._submit_sweep, loop)
        self.job: StoreJob | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.is_due = False
        self.error: StorageError | None = None
        self.is_held_back = False  # the open group waits for SQLite
        self._once_more = False
        self._is_moving = False  # SQLite has the frozen table, the cache not all of it yet
        self._is_closing = False
        self._is_damaged = False
        self._idle: asyncio.Future[None] | None = None
        self._jobs = run_jobs(worker, self._report)
        if published.growing.serial:
            self.freeze(turn=False)
        self.sweeps.later()

    @property
    def is_behind(self) -> bool:
        """Whether SQLite is still taking over the last table and the next is half full: who goes
        on writing all the same comes to where everybody waits for SQLite."""
        published = self._published
        return published.frozen is not None and published.growing.bytes * 2 >= self._table_bytes

    def holds_back(self) -> bool:
        """Whether writes must wait for SQLite; if so, `has_room` or `refuse_waiting` follows."""
        if self._published.frozen is None or not self._is_full(_HARD_LIMIT):
            return False
        if not self.is_held_back:
            # What is under way may fail for a reason that is gone by now.
            self._once_more = self.job is not None
        self.is_held_back = True
        self._begin()
        return True

    def look(self) -> None:
        """No group is in flight: begin if there is enough, or it is time."""
        published = self._published
        if (
            published.frozen is None
            and published.growing.serial
            and (self.is_due or self._is_full(1))
        ):
            self.freeze()

    def later(self, serial: int) -> None:
        """Something was published: begin after a rest. Only while no `timer` runs."""
        if not self._is_closing:
            self.timer = self._loop.call_later(_REST_S, self._rested, serial)

    def begin_close(self) -> None:
        """Nothing begins by itself any more."""
        self._is_closing = True
        self.sweeps.stop()
        if self.timer is not None:
            self.timer.cancel()

    async def finish(self) -> None:
        """Have SQLite take over all there is, in one attempt for each table: what it cannot take
        over stays in the journal. Nobody writes any more."""
        await self._until_idle()
        if self._is_moving:
            self._let_go()
        for _ in range(2):
            if self._published.frozen is not None:
                self._begin()
            elif self._published.growing.serial:
                self.freeze()
            await self._until_idle()
        self._jobs.stop()

    async def _until_idle(self) -> None:
        while self.job is not None:
            self._idle = self._loop.create_future()
            await self._idle

    def _is_full(self, times: int) -> bool:
        return (
            self._published.growing.bytes >= times * self._table_bytes
            or self._journal.used >= times * self._journal_bytes
        )

    def _rested(self, serial: int, times: int = 1) -> None:
        """A second has passed; if nothing was written since `serial`, let SQLite have it."""
        self.timer = None
        table = self._published.growing
        if self._is_closing or not table.serial:
            return
        if self._published.frozen is not None or (table.serial != serial and times < _RESTLESS):
            self.timer = self._loop.call_later(_REST_S, self._rested, table.serial, times + 1)
        elif self._writing.is_writing:
            self.is_due = True
        else:
            self.freeze()

    def freeze(self, *, turn: bool = True) -> None:
        """Begin a new table and let SQLite take over the one that grew. No group is in flight."""
        self.is_due = False
        table = self._published.growing
        journal = self._journal
        assert table.serial, "SQLite would take the journal for new"
        if turn:
            if journal.in_doubt:
                journal.burn()
                table.serial, table.check = journal.serial, journal.check
            journal.turn()
        self._published.freeze()
        self._begin()

    def _begin(self) -> None:
        """Have SQLite take over the frozen table, if its writer is idle; else it is next."""
        frozen = self._published.frozen
        if self.job is None and frozen is not None and not self._is_moving:
            self.job = frozen
            self._jobs.submit(frozen)

    def _report(self, job: StoreJob, failure: StorageError | None) -> None:
        """On the writer's thread: tell the loop."""
        self._loop.call_soon_threadsafe(self._finished, job, failure)

    def _finished(self, job: StoreJob, failure: StorageError | None) -> None:
        self.job = None
        self.error = failure
        if isinstance(job, Sweep):
            self.sweeps.done(job, failure)
        elif failure is None:
            self._taken_over(job)
        else:
            self._not_taken_over(failure)
        if self._published.frozen is not None and not isinstance(job, Unapplied):
            self._begin()
        elif self.sweeps.due:
            self.sweeps.step()
        if self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    def _taken_over(self, table: Unapplied) -> None:
        # A snapshot from before must not be read without the table.
        self._published.end_snapshot()
        for space in table.drops:
            self.sweeps.add(Sweep(space=space))
        for place in table.trims:
            if place[0] not in self._published.dropped:
                self._sweep_log(*place)
        self.sweeps.later()
        if self._is_closing:
            self._let_go()
        else:
            self._is_moving = True
            self._into_cache(table, iter(table.rows.items()))

    def _into_cache(self, table: Unapplied, rows: Iterator[tuple[Key, Row | None]]) -> None:
        """Move what was just written into the cache, little by little, and let go of the table."""
        published = self._published
        if published.frozen is not table:
            return
        growing, dropped, wanted = published.rows, published.dropped, published.wanted
        cache = published.cache
        some = list(islice(rows, _CACHED_PER_TICK))
        for key, row in some:
            if key in growing or key[0] in dropped:
                continue  # what the cache has of it nobody sees
            if key[0] in wanted:
                cache.put(key, row)
            else:
                cache.forget(key)  # that there was no such row, perhaps
        if len(some) == _CACHED_PER_TICK and not self._is_closing:
            self._loop.call_soon(self._into_cache, table, rows)
        else:
            self._let_go()

    def _let_go(self) -> None:
        self._is_moving = False
        if self._is_closing:
            self._published.cache.forget_all()  # not all that is newer has got there
        table = self._published.let_go()
        if table is not None and not self._is_closing:
            self._loop.call_soon(self._free, table)
        if not self._writing.is_writing and self._published.growing.serial and self._is_full(1):
            self.freeze()
        if self.is_held_back:
            self.is_held_back = False
            self._writing.has_room()

    def _free(self, table: Unapplied) -> None:
        """Take apart what nobody needs any more, little by little: all at once it takes long."""
        if not self._is_closing and table.shrink(_FREED_PER_TICK):
            self._loop.call_soon(self._free, table)

    def _not_taken_over(self, failure: StorageError) -> None:
        logger.warning("SQLite cannot take over what the journal holds: %s", failure)
        if isinstance(failure, StorageCorrupt):
            self._is_damaged = True
            self._writing.end_for(failure)
        elif not self._is_closing:
            self._loop.call_later(_RETRY_S, self._begin)
        if self.is_held_back and self._once_more and not self._is_damaged:
            self._once_more = False
            self._begin()
        elif self.is_held_back:
            self.is_held_back = False
            self._writing.refuse_waiting(failure)

    # Sweeps

    def _sweep_log(self, space: int, part: int) -> None:
        try:
            stream = self._published.stream(space, part)
        except (apsw.Error, StorageError):
            logger.exception("a trimmed log is swept after the next start")
            return
        if stream is not None:
            self.sweeps.add(Sweep(stream=stream))

    def _submit_sweep(self, sweep: Sweep) -> bool:
        """If SQLite's writer is idle."""
        if self.job is not None:
            return False
        self.job = sweep
        self._jobs.submit(sweep)
        return True
