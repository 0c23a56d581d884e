"""Driving the SQLite engine's writer by hand, one step of a commit at a time.

    stepper = Stepper.open(folder)            stepper.engine is an ordinary engine without threads
    task = asyncio.ensure_future(stepper.engine.commit(...)); await asyncio.sleep(0)
    stepper.step()                            "begin", then "apply", "commit", "report"
    crash(folder, elsewhere)                  what a killed process leaves; open that again

Used by the tests here, and made for the simulation: between any two steps it may read, submit
more, crash, or make the disk fail (see `faulty_disk.py`).
"""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from pathlib import Path
from typing import Any

import apsw

from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.sqlite_group import Job
from jedlik.storage.sqlite_writer import Report, Writer
from jedlik.storage.waist import StorageError

STEPS = ("begin", "apply", "commit", "report")


class Stepper:
    """Takes the place of `WriterThread`."""

    engine: SqliteEngine

    def __init__(self, writer: Writer, report: Report) -> None:
        self._writer = writer
        self._report = report
        self._jobs: deque[Job] = deque()
        self._failure: StorageError | None = None
        self.next_step = "begin"

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> Stepper:
        made: list[Stepper] = []

        def make(writer: Writer, report: Report) -> Stepper:
            made.append(cls(writer, report))
            return made[0]

        engine = SqliteEngine.open(folder, run_jobs=make, checkpoints=False, **settings)
        made[0].engine = engine
        return made[0]

    @property
    def busy(self) -> bool:
        return bool(self._jobs)

    def submit(self, job: Job) -> None:
        self._jobs.append(job)

    def stop(self) -> None:
        assert not self._jobs, "closed with a job in hand: step it to its end, or crash"

    def step(self) -> str:
        """Do the next step of the job in hand; its name. A failing step leads to "report"."""
        job = self._jobs[0]
        step = self.next_step
        self.next_step = STEPS[(STEPS.index(step) + 1) % len(STEPS)]
        try:
            if step == "begin":
                self._writer.begin()
            elif step == "apply":
                self._writer.apply(job)
            elif step == "commit":
                self._writer.commit()
        except apsw.Error as error:
            if step == "commit":
                self._failure = self._writer.settle(job, error)
            else:
                self._failure = self._writer.give_up(error)
            self.next_step = "report"
        if step == "report":
            self._jobs.popleft()
            failure, self._failure = self._failure, None
            self._report(job, failure)
        return step

    async def step_until(self, step: str) -> None:
        """Do steps up to and including `step`, then let the loop run."""
        while self.step() != step:
            pass
        await settle()

    async def finish(self) -> None:
        """Step until nobody waits."""
        await settle()
        while self.busy:
            self.step()
            await settle()

    async def close(self) -> None:
        closing = asyncio.ensure_future(self.engine.close())
        await self.finish()
        await closing


async def settle() -> None:
    """Let the loop run what is ready, and what that makes ready."""
    for _ in range(5):
        await asyncio.sleep(0)


def crash(folder: Path, elsewhere: Path) -> Path:
    """What a kill -9 now would leave in `folder`, as a new folder."""
    elsewhere.mkdir(parents=True)
    for name in ("store.sqlite", "store.sqlite-wal"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, elsewhere / name)
    return elsewhere
