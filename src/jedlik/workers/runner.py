"""Runs the jobs in the server's event loop, and keeps them running when one of them fails.

Where several processes share a store, all but those jobs that are each process's own are done by
the one that holds the lease. Events wake a job only in the process where something happened, so
the others' jobs look for themselves, every second.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from jedlik.storage.waist import StorageClosed
from jedlik.tables.clock import Clock
from jedlik.tables.ending import end
from jedlik.workers.leases import Lease

RETRY_S = 1.0
POLL_S = 1.0

_log = logging.getLogger("jedlik.workers")


class Job(Protocol):
    """Background work in small steps."""

    async def step(self, now_ms: int) -> bool:
        """Do a bounded amount of work; whether there is more to do right away."""
        ...


@dataclass(frozen=True)
class Schedule:
    """A job and how long to rest when it has nothing to do.

    wake: where given, the job sleeps until it is set, so that a server at rest uses no CPU. The
    job itself clears it, and sets it again for what only time can finish.
    everywhere: whether every process does it, for itself, even where there are several.
    """

    job: Job
    rest_s: float
    wake: asyncio.Event | None = None
    everywhere: bool = False


class Runner:
    """Drives every job in a task of its own, from `start` until `stop`.

    lease: where several processes share the store; decides who does what is not everywhere.
    """

    def __init__(self, schedules: list[Schedule], clock: Clock, lease: Lease | None = None) -> None:
        self._schedules = schedules
        self._clock = clock
        self._lease = lease
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._tasks = [asyncio.ensure_future(self._run(s)) for s in self._schedules]
        if self._lease is not None:
            self._tasks.append(asyncio.ensure_future(self._lease.keep()))

    async def stop(self) -> None:
        """End every job at its next suspension point; each step is safe to cut off anywhere."""
        await end(self._tasks)
        if self._lease is not None:
            await self._lease.give_back()

    async def _run(self, schedule: Schedule) -> None:
        more = False
        while True:
            if self._lease is not None:
                await self._turn(self._lease, schedule, more)
            elif schedule.wake is not None and not more:
                await schedule.wake.wait()
            try:
                more = await schedule.job.step(self._clock.now_ms())
            except StorageClosed:
                return
            except Exception:
                _log.exception("background job %s failed", type(schedule.job).__name__)
                more = True
                await asyncio.sleep(RETRY_S)
                continue
            await asyncio.sleep(0 if more else schedule.rest_s)

    async def _turn(self, lease: Lease, schedule: Schedule, more: bool) -> None:
        """Wait until the job is this process's, and something may have happened anywhere."""
        is_new = False
        if not schedule.everywhere and not lease.held:
            await lease.wait()
            is_new = True
        if schedule.wake is None or more:
            return
        if not is_new:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await schedule.wake.wait()
        schedule.wake.set()
        if not schedule.everywhere:
            await lease.wait()
