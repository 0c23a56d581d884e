"""The runner of background jobs: when it runs a step, and when it leaves a job alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from jedlik.tables import ending
from jedlik.workers import runner
from jedlik.workers.runner import Runner, Schedule


class CountingJob:
    """Takes `answers` in turn, then has nothing more to do; an exception is raised."""

    def __init__(self, answers: list[bool | Exception], wake: asyncio.Event | None = None) -> None:
        self.steps = 0
        self._answers = answers
        self._wake = wake

    async def step(self, now_ms: int) -> bool:
        self.steps += 1
        if self._wake is not None:
            self._wake.clear()
        answer = self._answers.pop(0) if self._answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    def now_ms(self) -> int:
        return 0


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("what was waited for did not come")


async def idle() -> None:
    """Long enough for a job that would run to run many times."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_job_with_a_wake_sleeps_until_it_is_set() -> None:
    wake = asyncio.Event()
    job = CountingJob([True, True, False], wake)
    running = Runner([Schedule(job, 0, wake)], Clock())
    running.start()
    await idle()
    assert job.steps == 0

    wake.set()
    await until(lambda: job.steps == 3)  # it said that there was more, twice
    await idle()
    assert job.steps == 3
    await running.stop()


async def test_a_job_without_a_wake_comes_round_by_itself() -> None:
    job = CountingJob([])
    running = Runner([Schedule(job, 0.001)], Clock())
    running.start()
    await until(lambda: job.steps >= 3)
    await running.stop()
    steps = job.steps
    await asyncio.sleep(0.01)
    assert job.steps == steps


async def test_a_job_that_failed_is_tried_again_without_a_new_wake(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runner, "RETRY_S", 0)
    wake = asyncio.Event()
    job = CountingJob([RuntimeError("the disk is full"), False], wake)
    running = Runner([Schedule(job, 0, wake)], Clock())
    running.start()
    wake.set()
    await until(lambda: job.steps == 2)
    assert "background job CountingJob failed" in caplog.text
    await running.stop()


class Deaf:
    """A job that loses the first cancellation, as Python 3.11's asyncio.wait_for may."""

    def __init__(self) -> None:
        self.heard = 0

    async def step(self, now_ms: int) -> bool:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.heard += 1
            if self.heard > 1:
                raise
        return True


async def test_a_job_that_loses_a_cancellation_is_ended_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "AGAIN_S", 0.01)
    job = Deaf()
    running = Runner([Schedule(job, 0)], Clock())
    running.start()
    await idle()
    await asyncio.wait_for(running.stop(), 60)
    assert job.heard == 2
