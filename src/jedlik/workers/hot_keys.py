"""Keeps what contributor insights have counted, once a minute, and forgets it after a day.

Every process saves its own: `tables/hot_keys.py` says where.
"""

from __future__ import annotations

from jedlik.tables.database import Database
from jedlik.tables.hot_keys import KEPT_MINUTES, HotKeys, named


class HotKeySaver:
    """A minute without a watched table costs nothing but a look at the tables in use."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept = HotKeys(db)
        self._minute: int | None = None

    async def step(self, now_ms: int) -> bool:
        """Save the minutes that have ended; whether there is more to forget right away."""
        minute = now_ms // 60_000
        if minute == self._minute:
            return False
        await self._save(minute)
        more = await self._kept.forget(minute - KEPT_MINUTES)
        if not more:
            self._minute = minute
        return more

    async def flush(self) -> None:
        """Save what there is of the minute that goes on. Called before the end."""
        await self._save(self._db.clock.now_ms() // 60_000 + 1)

    async def _save(self, minute: int) -> None:
        for flow in self._db.flows:
            for index_name, watch in list(flow.watches()):
                index = flow.table.index(index_name) if index_name else None
                for each, sketches in watch.before(minute):
                    for kind, sketch in sketches.items():
                        found = await named(self._db, flow.table, index, watch, each, sketch)
                        await self._kept.save(flow.table, index, kind, found)
