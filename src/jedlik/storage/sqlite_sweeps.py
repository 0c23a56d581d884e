"""When to sweep what a drop or a trim made invisible (`sqlite_sweep.py`): in small steps, each when
SQLite's writer has nothing else to do, with a rest behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from jedlik.storage.sqlite_group import Sweep
from jedlik.storage.waist import StorageError

_SHARE = 4  # a sweep rests this many times as long as its last step took
_REST_MIN_S = 0.002
_RETRY_S = 1.0


class Sweeps:
    """What is to be swept, and the timer for the next step.

    submit: has the writer do a step if it is idle; whether it was.
    """

    __slots__ = ("_loop", "_stopped", "_submit", "_timer", "due", "left")

    def __init__(
        self,
        left: list[Sweep],
        submit: Callable[[Sweep], bool],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.left = left
        self.due = False
        """Whether a step waits for the writer, who then calls `step`."""
        self._submit = submit
        self._loop = loop
        self._stopped = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, sweep: Sweep) -> None:
        """Have something swept, too; harmless when it is a stream that is there already."""
        if sweep.stream is None or all(other.stream != sweep.stream for other in self.left):
            self.left.append(sweep)

    def later(self, delay_s: float = _REST_MIN_S) -> None:
        """Do a step after a while, if there is something to do."""
        if self.left and not self.due and self._timer is None and not self._stopped:
            self._timer = self._loop.call_later(delay_s, self.step)

    def step(self) -> None:
        """Do a step now, or as soon as the writer is through with what it has."""
        self._timer = None
        self.due = False
        if self.left and not self._stopped:
            self.due = not self._submit(self.left[0])

    def done(self, sweep: Sweep, failure: StorageError | None) -> None:
        """A step was done."""
        if failure is not None:
            self.later(_RETRY_S)
            return
        if sweep.done:
            self.left.remove(sweep)
        self.later(max(_SHARE * sweep.seconds, _REST_MIN_S))

    def stop(self) -> None:
        """No more steps; the next start goes on with them."""
        self._stopped = True
        self.due = False
        if self._timer is not None:
            self._timer.cancel()
