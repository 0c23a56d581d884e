"""Driving a coroutine by hand: most finish at their first step and need no Task.

A handler that touches only memory completes in its first `send`; creating an asyncio.Task for it
would cost more than the handler. One that does wait is resumed by the future it waits on.

Never cancels: a client that goes away does not stop a write half-way. `asyncio.current_task()` is
None inside; code that needs it (`asyncio.timeout`, TaskGroup) must run in a task of its own.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Coroutine
from typing import Any

from .stepping import step

Finished = Callable[[Any, BaseException | None], None]


class Drive:
    """The rest of a coroutine that has yielded `waiting`; calls `finished(result, exception)`."""

    __slots__ = ("_coroutine", "_finished", "_loop")

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        waiting: Any,
        finished: Finished,
        loop: AbstractEventLoop,
    ) -> None:
        self._coroutine = coroutine
        self._finished = finished
        self._loop = loop
        self._wait(waiting)

    def _step(self, _done: Future[Any] | None = None) -> None:
        # The future's own iterator hands its result or exception to the coroutine.
        try:
            ended, found = step(self._coroutine)
        except BaseException as error:
            self._finished(None, error)
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            return
        if ended:
            self._finished(found, None)
        else:
            self._wait(found)

    def _wait(self, waiting: Any) -> None:
        if waiting is None:  # asyncio.sleep(0)
            self._loop.call_soon(self._step)
        elif getattr(waiting, "_asyncio_future_blocking", None):
            # The mark by which asyncio's Task, too, knows that `await` was used.
            waiting._asyncio_future_blocking = False
            waiting.add_done_callback(self._step)
        else:
            self._loop.call_soon(self._misused, waiting)

    def _misused(self, waiting: Any) -> None:
        try:
            waiting = self._coroutine.throw(RuntimeError(f"cannot wait for {type(waiting)}"))
        except StopIteration as stop:
            self._finished(stop.value, None)
        except BaseException as error:
            self._finished(None, error)
        else:
            self._wait(waiting)
