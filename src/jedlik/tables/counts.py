"""What services count for CloudWatch, in memory until the minute is published.

    a service's operations and workers ─▶ Counts ─▶ workers/metric_publisher.py, once a minute

Counted in each process by itself; what a crash cuts off is lost, as AWS's metrics may be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jedlik.tables.database import Database


class Counted(NamedTuple):
    """What is counted. dimensions: (name, value), in order of the names."""

    account: str
    region: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str


class Values(NamedTuple):
    """The samples of one thing that is counted since the last time."""

    times: float
    total: float
    least: float
    most: float


class Counts:
    """The counts of this process. `Counts.of(db)`."""

    def __init__(self) -> None:
        self._found: dict[Counted, Values] = {}

    @classmethod
    def of(cls, db: Database) -> Counts:
        return db.one(cls)

    def add(self, counted: Counted, value: float) -> None:
        """Add one sample."""
        known = self._found.get(counted)
        if known is None:
            self._found[counted] = Values(1, value, value, value)
            return
        self._found[counted] = Values(
            known.times + 1,
            known.total + value,
            min(known.least, value),
            max(known.most, value),
        )

    def drained(self) -> Iterator[tuple[Counted, Values]]:
        """Everything since the last time."""
        found, self._found = self._found, {}
        yield from found.items()
