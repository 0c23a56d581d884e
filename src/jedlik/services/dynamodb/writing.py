"""A write that a way has begun: it is in the engine, and on its way to the disk."""

from __future__ import annotations

from collections.abc import Awaitable

from jedlik.tables.throughput import Lane


class Writing:
    """waiting: for its being durable. units, now: what it takes of its lane, and when. done: the
    answer then. As `api.ways.Later` asks."""

    __slots__ = ("_done", "_lane", "_now", "_place", "_units", "waiting")

    def __init__(
        self,
        waiting: Awaitable[None],
        lane: Lane,
        place: bytes,
        units: int,
        now: float,
        done: bytes,
    ) -> None:
        self.waiting = waiting
        self._lane = lane
        self._place = place
        self._units = units
        self._now = now
        self._done = done

    def answer(self) -> bytes:
        """Taken and answered."""
        self._lane.take(self._place, self._units, self._now)
        return self._done
