"""What a writer waits on until its group is durable: a future, as far as those who await need one.

An asyncio.Future asks the loop for a call of its own when it is done, and brings a context along:
several microseconds for each write. These are awaited in the same way, by coroutines in tasks or
driven by hand, but all of a group are called back in one call of the loop, by `wake`.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, CancelledError, InvalidStateError
from collections.abc import Callable, Generator, Sequence
from contextvars import Context
from typing import Any

Callback = Callable[[Any], Any]


class Waiter:
    """`_asyncio_future_blocking` is the mark by which asyncio knows its futures."""

    __slots__ = (
        "_asyncio_future_blocking",
        "_callback",
        "_context",
        "_error",
        "_is_done",
        "_loop",
        "_more",
    )

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._asyncio_future_blocking = False
        self._is_done = False
        self._error: BaseException | None = None
        # Who is called back: mostly one, so the first has a place of its own.
        self._callback: Callback | None = None
        self._context: Context | None = None
        self._more: list[tuple[Callback, Context | None]] | None = None

    # For whoever has done the work

    def set_result(self, result: None = None) -> None:
        """The write is durable; those who wait hear of it in the loop's next turn."""
        if self.settle(None):
            self._loop.call_soon(wake, [self], self._loop)

    def set_exception(self, error: BaseException) -> None:
        """The write has failed; the same."""
        if self.settle(error):
            self._loop.call_soon(wake, [self], self._loop)

    def settle(self, error: BaseException | None) -> bool:
        """Be done, without calling anybody; whether there is somebody to call, by `wake`."""
        if self._is_done:
            return False
        self._is_done = True
        self._error = error
        return self._callback is not None

    def call_back(self) -> None:
        """Call those who wait."""
        callback, context, more = self._callback, self._context, self._more
        if callback is None:
            return
        self._callback = self._more = None
        if context is None:
            callback(self)
        else:
            context.run(callback, self)
        for each, its in more or ():
            if its is None:
                each(self)
            else:
                its.run(each, self)

    # For whoever waits

    def __await__(self) -> Generator[Any, Any, None]:
        return self  # type: ignore[return-value]  # an iterator is all that `await` needs

    def __iter__(self) -> Waiter:
        return self

    def __next__(self) -> Waiter:
        if not self._is_done:
            self._asyncio_future_blocking = True
            return self
        if self._error is not None:
            raise self._error
        raise StopIteration

    # As asyncio's tasks and `asyncio.wait` ask of a future

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return isinstance(self._error, CancelledError)

    def cancel(self, msg: object = None) -> bool:
        """Who waited will not hear of the write; it is done all the same."""
        if self._is_done:
            return False
        self.set_exception(CancelledError() if msg is None else CancelledError(msg))
        return True

    def result(self) -> None:
        if not self._is_done:
            raise InvalidStateError("the write is not done")
        if self._error is not None:
            raise self._error

    def exception(self) -> BaseException | None:
        if not self._is_done:
            raise InvalidStateError("the write is not done")
        if isinstance(self._error, CancelledError):
            raise self._error
        return self._error

    def get_loop(self) -> AbstractEventLoop:
        return self._loop

    def add_done_callback(self, callback: Callback, *, context: Context | None = None) -> None:
        if self._is_done:
            self._loop.call_soon(callback, self, context=context)
        elif self._callback is None:
            self._callback, self._context = callback, context
        elif self._more is None:
            self._more = [(callback, context)]
        else:
            self._more.append((callback, context))

    def remove_done_callback(self, callback: Callback) -> int:
        if self._callback is None:
            return 0
        every = [(self._callback, self._context), *(self._more or ())]
        kept = [each for each in every if each[0] != callback]
        self._callback, self._context = kept[0] if kept else (None, None)
        self._more = kept[1:] or None
        return len(every) - len(kept)


def settle_all(waiters: Sequence[Waiter], loop: AbstractEventLoop) -> None:
    """What they wait for is durable: they hear of it in the loop's next turn, in one call."""
    called = False
    for waiter in waiters:
        if waiter.settle(None):
            called = True
    if called:
        loop.call_soon(wake, waiters, loop)


def wake(waiters: Sequence[Waiter], loop: AbstractEventLoop) -> None:
    """Call back who waits on any of them; one that raises does not hold up the others."""
    for at, waiter in enumerate(waiters):
        try:
            waiter.call_back()
        except Exception as error:
            message = "a callback of a write has failed"
            loop.call_exception_handler({"message": message, "exception": error})
        except BaseException:
            loop.call_soon(wake, waiters[at + 1 :], loop)
            raise
