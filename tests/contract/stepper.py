"""Driving the SQLite engine's threads by hand, one step at a time.

    stepper = Stepper.open(folder)            stepper.engine is an ordinary engine without threads
    task = asyncio.ensure_future(stepper.engine.commit(...)); await asyncio.sleep(0)
    stepper.step()                            of the journal: "write", "sync", "report"
    stepper.step("store")                     of SQLite: "begin", "apply", "commit", "report"
    crash(folder, elsewhere)                  what a killed process leaves; open that again

Used by the tests here and by the simulation: between any two steps it may read, submit more,
crash, or make the disk fail (see `faulty_disk.py`).
"""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from pathlib import Path
from typing import Any

from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.sqlite_group import Sync
from jedlik.storage.sqlite_journal import NAMES, Journal
from jedlik.storage.sqlite_writer import Report, Writer
from jedlik.storage.waist import StorageError

FILES = ("store.sqlite", "store.sqlite-wal", *NAMES)


class Lane:
    """Takes the place of a `JobThread`."""

    def __init__(self, worker: Any, report: Report) -> None:
        self.worker = worker
        self.report = report
        self.jobs: deque[Any] = deque()
        self._failure: StorageError | None = None
        self.steps = STEPS["journal" if isinstance(worker, Journal) else "store"]
        self.next_step = self.steps[0]

    def submit(self, job: Any) -> None:
        self.jobs.append(job)

    def stop(self) -> None:
        assert not self.jobs, "closed with a job in hand: step it to its end, or crash"

    def step(self) -> str:
        """Do the next step of the job in hand; its name. A failing step leads to "report"."""
        job = self.jobs[0]
        step = self.next_step
        self.next_step = self.steps[(self.steps.index(step) + 1) % len(self.steps)]
        try:
            if step != "report":
                self._do(step, job)
        except Exception as error:
            fail = self.worker.settle if isinstance(self.worker, Journal) else self.worker.give_up
            self._failure = fail(error)
            self.next_step = "report"
        if step == "report":
            self.jobs.popleft()
            failure, self._failure = self._failure, None
            self.report(job, failure)
        return step

    def _do(self, step: str, job: Any) -> None:
        worker = self.worker
        if isinstance(job, Sync):
            if step == "sync":
                worker.sync()
        elif step == "write":
            worker.prepare(job)
            worker.append()
        elif step == "sync":
            worker.sync_current()
            worker.accept(job)
        elif step == "begin":
            worker.begin()
        elif step == "apply":
            worker.apply(job)
        elif step == "commit":
            worker.commit()


STEPS = {
    "journal": ("write", "sync", "report"),
    "store": ("begin", "apply", "commit", "report"),
}


class Stepper:
    engine: SqliteEngine
    journal: Lane
    store: Lane

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> Stepper:
        lanes: list[Lane] = []

        def make(worker: Any, report: Report) -> Lane:
            lanes.append(Lane(worker, report))
            return lanes[-1]

        stepper = cls()
        stepper.engine = SqliteEngine.open(folder, run_jobs=make, checkpoints=False, **settings)
        stepper.journal, stepper.store = lanes
        assert isinstance(stepper.store.worker, Writer)
        return stepper

    @property
    def busy(self) -> bool:
        """Whether a group is on its way."""
        return bool(self.journal.jobs)

    def lane(self, name: str) -> Lane:
        return self.journal if name == "journal" else self.store

    def step(self, lane: str = "journal") -> str:
        return self.lane(lane).step()

    async def step_until(self, step: str, lane: str = "journal") -> None:
        """Do steps up to and including `step`, then let the loop run."""
        while self.step(lane) != step:
            pass
        await settle()

    async def finish(self) -> None:
        """Step until nobody waits."""
        await settle()
        while self.journal.jobs or (self.engine._takeover.is_held_back and self.store.jobs):
            self.step("journal" if self.journal.jobs else "store")
            await settle()

    async def take_over(self) -> None:
        """Have SQLite take over all that was published."""
        await self.finish()
        engine = self.engine
        while (
            engine._published.frozen is not None
            or engine._published.growing.serial
            or self.store.jobs
        ):
            if engine._published.frozen is None and engine._published.growing.serial:
                engine._takeover.freeze()
            while self.store.jobs:
                self.step("store")
                await settle()
            await settle()

    async def close(self) -> None:
        closing = asyncio.ensure_future(self.engine.close())
        await settle()
        while not closing.done():
            assert self.journal.jobs or self.store.jobs, "it will never close"
            self.step("journal" if self.journal.jobs else "store")
            await settle()
        await closing


async def settle() -> None:
    """Let the loop run what is ready, and what that makes ready."""
    for _ in range(5):
        await asyncio.sleep(0)


def crash(folder: Path, elsewhere: Path) -> Path:
    """What a kill -9 now would leave in `folder`, as a new folder."""
    elsewhere.mkdir(parents=True)
    for name in FILES:
        if (folder / name).exists():
            shutil.copyfile(folder / name, elsewhere / name)
    return elsewhere
