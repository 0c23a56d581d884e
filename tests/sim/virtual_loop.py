"""An asyncio event loop without sockets, threads or real time: when nothing is ready, the clock
jumps to the next timer. Two runs of the same work are the same run."""

from __future__ import annotations

import asyncio
from typing import Any


class Deadlock(AssertionError):
    """Everybody waits and no timer is set."""


class VirtualLoop(asyncio.BaseEventLoop):
    """`now_s` is where its time begins."""

    def __init__(self, now_s: float = 0.0) -> None:
        super().__init__()
        self.now_s = now_s
        self._selector = self

    def time(self) -> float:
        return self.now_s

    def select(self, timeout: float | None) -> list[Any]:
        """What BaseEventLoop asks when it would wait for sockets."""
        if timeout is None:
            raise Deadlock("everybody waits and no timer is set")
        if timeout > 0:
            self.now_s = max(self.now_s, self._scheduled[0].when())  # type: ignore[attr-defined]
        return []

    def _process_events(self, events: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass
