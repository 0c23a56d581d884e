"""Driving coroutines by hand: every kind of waiting ends as it would in a Task."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jedlik.net.drive import Drive


async def run(coroutine) -> Any:
    """Run as a connection does: first step by hand, the rest by Drive."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()

    def finished(result: Any, error: BaseException | None) -> None:
        if error is None:
            ended.set_result(result)
        else:
            ended.set_exception(ValueError(repr(error)))

    try:
        waiting = coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    Drive(coroutine, waiting, finished, loop)
    return await asyncio.wait_for(ended, 5)


async def test_futures_tasks_and_locks() -> None:
    async def inner() -> int:
        await asyncio.sleep(0.001)
        return 1

    async def outer() -> int:
        lock = asyncio.Lock()
        total = 0
        for _ in range(3):
            async with lock:
                await asyncio.sleep(0)
            total += await inner()
            total += sum(await asyncio.gather(inner(), inner()))
            total += await asyncio.create_task(inner())
            total += await asyncio.to_thread(lambda: 1)
        return total

    assert await run(outer()) == 15


async def test_results_and_exceptions_of_futures_arrive() -> None:
    loop = asyncio.get_running_loop()

    async def outer() -> str:
        future = loop.create_future()
        loop.call_later(0.001, future.set_result, "value")
        value = await future
        failing = loop.create_future()
        loop.call_later(0.001, failing.set_exception, KeyError("k"))
        try:
            await failing
        except KeyError:
            return value + " and exception"
        return "no exception"

    assert await run(outer()) == "value and exception"


async def test_a_cancelled_future_is_seen() -> None:
    async def outer() -> None:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        await future

    with pytest.raises(ValueError, match="CancelledError"):
        await run(outer())


async def test_an_exception_after_waiting_arrives() -> None:
    async def outer() -> None:
        await asyncio.sleep(0)
        raise LookupError("late")

    with pytest.raises(ValueError, match="late"):
        await run(outer())


async def test_waiting_for_what_is_no_future() -> None:
    class Odd:
        def __await__(self):
            yield "not a future"

    async def outer() -> str:
        try:
            await Odd()
        except RuntimeError:
            await asyncio.sleep(0)
            return "refused"
        return "accepted"

    assert await run(outer()) == "refused"
