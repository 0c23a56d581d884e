"""What delivery streams count, for CloudWatch: the namespace AWS/Firehose.

Counted in memory by each process; `workers/metric_publisher.py` drains it once a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jedlik.services.firehose.records import DeliveryStream
from jedlik.tables.database import Database

NAMESPACE = "AWS/Firehose"


class Datum(NamedTuple):
    """What was counted of one metric since the last time."""

    account: str
    region: str
    stream: str
    metric: str
    unit: str
    times: float
    total: float
    least: float
    most: float


class Counts:
    """The counts of this process. `Counts.of(db)`."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str, str, str], list[float]] = {}

    @classmethod
    def of(cls, db: Database) -> Counts:
        found = db.beside.get(cls)
        if found is None:
            found = db.beside[cls] = cls()
        assert isinstance(found, Counts)
        return found

    def add(self, stream: DeliveryStream, metric: str, value: float, unit: str = "Count") -> None:
        key = stream.account, stream.region, stream.name, metric, unit
        known = self._found.get(key)
        if known is None:
            self._found[key] = [1, value, value, value]
            return
        known[0] += 1
        known[1] += value
        known[2] = min(known[2], value)
        known[3] = max(known[3], value)

    def drained(self) -> Iterator[Datum]:
        found, self._found = self._found, {}
        for key, values in found.items():
            yield Datum(*key, *values)
