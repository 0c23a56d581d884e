"""Runs the jobs in the server's event loop, and keeps them running when one of them fails."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

from jedlik.storage.waist import StorageClosed
from jedlik.tables.clock import Clock

RETRY_S = 1.0

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
    """

    job: Job
    rest_s: float
    wake: asyncio.Event | None = None


class Runner:
    """Drives every job in a task of its own, from `start` until `stop`."""

    def __init__(self, schedules: list[Schedule], clock: Clock) -> None:
        self._schedules = schedules
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._tasks = [asyncio.ensure_future(self._run(s)) for s in self._schedules]

    async def stop(self) -> None:
        """End every job at its next suspension point; each step is safe to cut off anywhere."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, schedule: Schedule) -> None:
        more = False
        while True:
            if schedule.wake is not None and not more:
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
