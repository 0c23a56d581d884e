"""Makes old measurements coarser and forgets the oldest (tables/measurements.py says when)."""

from __future__ import annotations

from jedlik.tables.database import Database
from jedlik.tables.measurements import retire


class MetricRetention:
    """A bounded number of rows at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def step(self, now_ms: int) -> bool:
        """Whether there is more to do right away."""
        return await retire(self._db, now_ms / 1000)
