"""What writers wait on: awaited as a future is, by tasks and by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jedlik.net.drive import Drive
from jedlik.storage.sqlite_waiter import Waiter, settle_all


async def wait_for(waiter: Waiter) -> str:
    await waiter
    return "done"


async def test_tasks_go_on_once_their_waiters_are_settled() -> None:
    loop = asyncio.get_running_loop()
    waiters = [Waiter(loop) for _ in range(3)]
    tasks = [asyncio.create_task(wait_for(waiter)) for waiter in waiters]
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    settle_all(waiters, loop)
    assert await asyncio.gather(*tasks) == ["done"] * 3


async def test_one_that_is_done_does_not_suspend() -> None:
    waiter = Waiter(asyncio.get_running_loop())
    settle_all([waiter], asyncio.get_running_loop())
    with pytest.raises(StopIteration) as stop:
        wait_for(waiter).send(None)
    assert stop.value.value == "done"


async def test_a_failure_is_raised_where_it_is_awaited() -> None:
    waiter = Waiter(asyncio.get_running_loop())
    task = asyncio.create_task(wait_for(waiter))
    await asyncio.sleep(0)
    waiter.set_exception(OSError("full"))
    waiter.set_result(None)  # too late
    with pytest.raises(OSError, match="full"):
        await task
    assert isinstance(waiter.exception(), OSError)


async def test_a_cancelled_task_does_not_wait_and_the_others_are_served() -> None:
    loop = asyncio.get_running_loop()
    waiters = [Waiter(loop), Waiter(loop)]
    tasks = [asyncio.create_task(wait_for(waiter)) for waiter in waiters]
    await asyncio.sleep(0)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert waiters[0].cancelled() and not waiters[1].done()
    settle_all(waiters, loop)
    assert await tasks[1] == "done"


async def test_a_callback_that_fails_does_not_hold_up_the_others() -> None:
    loop = asyncio.get_running_loop()
    told: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    waiters = [Waiter(loop), Waiter(loop)]
    waiters[0].add_done_callback(lambda waiter: 1 / 0)
    finished: asyncio.Future[Any] = loop.create_future()
    coroutine = wait_for(waiters[1])
    Drive(coroutine, coroutine.send(None), lambda result, _: finished.set_result(result), loop)
    settle_all(waiters, loop)
    assert await finished == "done"
    assert isinstance(told[0]["exception"], ZeroDivisionError)
