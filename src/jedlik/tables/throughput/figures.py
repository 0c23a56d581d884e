"""Figures: values that are observed, as count, sum, least and most of a stretch of time."""

from __future__ import annotations

from msgspec import Struct

NEVER = float("inf")


class Statistics(Struct, frozen=True):
    """What a figure came to since it was drained last; `least` and `most` are 0 if count is."""

    count: int
    total: float
    least: float
    most: float


class Figure:
    """Counts values. `count` and `total` are since the start; drained are the differences."""

    __slots__ = ("_drained_count", "_drained_total", "count", "least", "most", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.least = NEVER
        self.most = 0.0
        self._drained_count = 0
        self._drained_total = 0.0

    def add(self, value: float) -> None:
        """Observe a value, zero or more."""
        self.count += 1
        self.total += value
        if value > self.most:
            self.most = value
        if value < self.least:
            self.least = value

    def drain(self) -> Statistics:
        """What was observed since the last time."""
        count, total = self.count - self._drained_count, self.total - self._drained_total
        if not count:
            return NOTHING
        found = Statistics(count, total, self.least, self.most)
        self._drained_count, self._drained_total = self.count, self.total
        self.least, self.most = NEVER, 0.0
        return found


NOTHING = Statistics(0, 0.0, 0.0, 0.0)
