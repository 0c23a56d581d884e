"""Closes the shards of streams when they are old enough, and opens their children, as AWS does.

Where there are several processes, it also finishes what one that died had begun to close.
"""

from __future__ import annotations

from jedlik.tables.database import Database
from jedlik.tables.errors import Contended


class ShardRolls:
    """Rolls every open shard over after `age_ms`."""

    def __init__(self, db: Database, *, age_ms: int) -> None:
        self._db = db
        self._age_ms = age_ms

    async def step(self, now_ms: int) -> bool:
        """Look at every stream. Never more to do right away: time must pass."""
        async for stream in self._db.streams.all():
            try:
                if self._db.streams.shared and stream.unsealed:
                    await self._db.streams.finish(stream)
                await self._db.streams.roll(stream, now_ms=now_ms, age_ms=self._age_ms)
            except Contended:
                continue
        return False
