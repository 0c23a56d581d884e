"""Runs the queries of Logs Insights, some at a time, from Scheduled to their end.

What is to be run is a row, so that whoever comes after a crash runs it again from its beginning.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from jedlik.services.logs.insight_queries import TABLE, Queries
from jedlik.services.logs.querying import run
from jedlik.storage.waist import StorageClosed
from jedlik.tables.database import Database
from jedlik.tables.ending import end
from jedlik.tables.errors import Contended
from jedlik.tables.internal import InternalTable
from jedlik.workers.changes import Changes

RUNNING_MAX = 2
RETRY_S = 1.0
POLL_S = 1.0
"""So often it is found out what other processes have asked for, or stopped."""

_log = logging.getLogger("jedlik.logs")


class LogQueries:
    """Woken by new queries, and by those that are stopped."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = InternalTable(db, TABLE)
        self.wake = Changes(db, TABLE)

    async def step(self, now_ms: int) -> bool:
        """Run what there is until there is nothing more; False always."""
        running: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                self.wake.taken()
                if not await self._table.exists():
                    return False
                active = [row.name for row in await self._table.range("active")]
                await end([task for name, task in running.items() if name not in active])
                running = {name: task for name, task in running.items() if not task.done()}
                for name in active:
                    if len(running) < RUNNING_MAX and name not in running:
                        running[name] = asyncio.create_task(self._run(name))
                if not running:
                    return False
                changed = asyncio.create_task(self.wake.wait())
                try:
                    await asyncio.wait(
                        [changed, *running.values()],
                        timeout=POLL_S if self._db.catalog.shared else None,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                finally:
                    changed.cancel()
        finally:
            await end(running.values())

    async def _run(self, place: str) -> None:
        account, region, query_id = place.split("|")
        queries = Queries(self._db, account, region)
        try:
            await run(self._db, await queries.get(query_id))
        except StorageClosed:
            raise
        except Contended:
            await asyncio.sleep(RETRY_S)  # and then it is run again
        except Exception:
            _log.exception("query %s failed", query_id)
            await asyncio.sleep(RETRY_S)
            ended_ms = self._db.clock.now_ms()
            await queries.change(
                query_id,
                lambda now: msgspec.structs.replace(now, status="Failed", ended_ms=ended_ms),
            )
