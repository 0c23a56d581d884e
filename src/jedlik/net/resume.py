"""Carrying on what somebody else has begun by hand.

A short way (`Layout.plan`) takes a coroutine's first step itself, because most finish in it. When
one waits instead, it gives a `Begun`: what the coroutine yielded, the coroutine, and how its end
becomes a reply. A connection drives that without another coroutine around it; others await it.

One that has no coroutine to begin with gives a `Due`: what is awaited, and who then has the answer.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any, Protocol

from .drive import Drive, Finished
from .request import Answer, Reply

Finish = Callable[[Any, Exception | None], Reply]


class Begun:
    """The rest of a coroutine whose `send` has returned `waiting`; `finish` makes a reply of its
    result or its exception."""

    __slots__ = ("_coroutine", "_finish", "_finished", "_waiting")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], waiting: Any, finish: Finish) -> None:
        self._coroutine = coroutine
        self._waiting = waiting
        self._finish = finish
        self._finished: Finished | None = None

    def drive(self, finished: Finished, loop: AbstractEventLoop) -> Drive:
        """Carry on by hand; `finished` as for a coroutine that returns the reply."""
        self._finished = finished
        return Drive(self._coroutine, self._waiting, self._through, loop)

    def _through(self, result: Any, error: BaseException | None) -> None:
        finished = self._finished
        assert finished is not None
        if error is not None and not isinstance(error, Exception):
            finished(None, error)
            return
        try:
            reply = self._finish(result, error)
        except Exception as fault:
            finished(None, fault)
            return
        finished(reply, None)

    def __await__(self) -> Generator[Any, Any, Reply]:
        waiting = self._waiting
        while True:
            step: Callable[[], Any]
            try:
                yield waiting
            except BaseException as error:
                step = partial(self._coroutine.throw, error)
            else:
                step = partial(self._coroutine.send, None)
            try:
                waiting = step()
            except StopIteration as stop:
                return self._finish(stop.value, None)
            except Exception as error:
                return self._finish(None, error)


class Ending(Protocol):
    """Neither raises."""

    def ended(self) -> Answer | Reply:
        """What was awaited has come to a good end."""

    def failed(self, error: Exception) -> Reply:
        """It has not."""


class Due:
    """waiting: a future. What it comes to makes no difference; that it is done does."""

    __slots__ = ("_ending", "waiting")

    def __init__(self, waiting: Any, ending: Ending) -> None:
        self.waiting = waiting
        self._ending = ending

    def answer(self) -> Answer | Reply:
        """Once that is done."""
        try:
            self.waiting.result()
        except Exception as error:
            return self._ending.failed(error)
        return self._ending.ended()

    def __await__(self) -> Generator[Any, Any, Reply]:
        try:
            yield from self.waiting.__await__()
        except Exception as error:
            return self._ending.failed(error)
        answer = self._ending.ended()
        return answer if isinstance(answer, Reply) else Reply(200, *answer)
