"""Figures: values that are observed, as count, sum, least and most of a stretch of time."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

NEVER = float("inf")


class Statistics(Struct, frozen=True):
    """What a figure came to since it was drained last; `least` and `most` are 0 if count is."""

    count: int
    total: float
    least: float
    most: float


class Counts(Protocol):
    """What a Figure has, and a lane, whose compiled form cannot inherit it."""

    count: int
    total: float
    least: float
    most: float
    drained: tuple[int, float]
    """count and total when it was drained last."""


def drain(counts: Counts) -> Statistics:
    """What was observed since the last time."""
    before, counts.drained = counts.drained, (counts.count, counts.total)
    count, total = counts.count - before[0], counts.total - before[1]
    if not count:
        return NOTHING
    found = Statistics(count, total, counts.least, counts.most)
    counts.least, counts.most = NEVER, 0.0
    return found


class Figure:
    """Counts values. `count` and `total` are since the start; what is drained are differences."""

    __slots__ = ("count", "drained", "least", "most", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.least = NEVER
        self.most = 0.0
        self.drained = (0, 0.0)

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
        return drain(self)


NOTHING = Statistics(0, 0.0, 0.0, 0.0)
