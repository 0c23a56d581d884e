"""Carrying on a coroutine that somebody else has begun by hand.

A short way (`Layout.plan`) takes a coroutine's first step itself, because most finish in it. When
one waits instead, what it yielded and the coroutine are given to `resumed`, which can be awaited
in its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from types import coroutine as awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")


def resumed(begun: Coroutine[Any, Any, Result], waiting: Any) -> Awaitable[Result]:
    """The rest of a coroutine whose `send` has returned `waiting`."""
    return _resumed(begun, waiting)


@awaitable
def _resumed(begun: Coroutine[Any, Any, Result], waiting: Any) -> Generator[Any, Any, Result]:
    while True:
        step: Callable[[], Any]
        try:
            yield waiting
        except BaseException as error:
            step = partial(begun.throw, error)
        else:
            step = partial(begun.send, None)
        try:
            waiting = step()
        except StopIteration as stop:
            result: Result = stop.value
            return result
