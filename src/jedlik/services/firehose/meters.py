"""What a delivery stream takes a second before it says "Slow down.": bytes, records, requests.

A balance is the time at which it is full again; a second's worth may be taken at once. Counted by
each process for itself.
"""

from __future__ import annotations

from jedlik.services.firehose.limits import (
    PUT_BYTES_PER_S,
    PUT_RECORDS_PER_S,
    PUT_REQUESTS_PER_S,
)
from jedlik.tables.database import Database

BURST_S = 1.0


class Meters:
    """`Meters.of(db)` is the one of a process."""

    def __init__(self) -> None:
        self._bytes: dict[int, float] = {}
        self._records: dict[int, float] = {}
        self._requests: dict[int, float] = {}

    @classmethod
    def of(cls, db: Database) -> Meters:
        return db.one(cls)

    def request(self, space: int, now: float) -> bool:
        return _take(self._requests, space, 1 / PUT_REQUESTS_PER_S, now)

    def record(self, space: int, size: int, now: float) -> bool:
        if not _take(self._bytes, space, size / PUT_BYTES_PER_S, now):
            return False
        return _take(self._records, space, 1 / PUT_RECORDS_PER_S, now)


def _take(full_at: dict[int, float], space: int, cost_s: float, now: float) -> bool:
    then = max(full_at.get(space, now), now) + cost_s
    if then - now > BURST_S:
        return False
    full_at[space] = then
    return True
