"""Spaces that a process promised to drop and, ended before its time, did not."""

from __future__ import annotations

from jedlik.tables.database import Database


class Drops:
    """Where several processes share a store; else the next start of the one does it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def step(self, now_ms: int) -> bool:
        """Drop them. Never more to do right away."""
        await self._db.finish_drops()
        return False


class CatalogLook:
    """Notices changes of tables for those who are not asked by requests: DAX, workers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def step(self, now_ms: int) -> bool:
        """Look. Never more to do right away."""
        await self._db.catalog.fresh()
        return False
