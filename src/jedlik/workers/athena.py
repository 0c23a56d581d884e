"""Runs the queries of Athena, and ends those that nobody runs any more.

`services/athena/running.py` runs them, in the process that was asked; a process that died leaves
queries that never end: they become FAILED here.
"""

from __future__ import annotations

import msgspec
import orjson

from jedlik.services.athena.limits import HISTORY_MS
from jedlik.services.athena.records import TABLE
from jedlik.services.athena.running import Runner
from jedlik.services.athena.store import Store
from jedlik.tables.database import Database
from jedlik.tables.internal import Change, InternalTable

DEAD_MS = 60_000
GONE = "INTERNAL_ERROR: the process that ran the query has ended"


class AthenaQueries:
    """Gives the runner of this process its turns; wait for `wake`."""

    def __init__(self, db: Database) -> None:
        self._runner = Runner.of(db)
        self.wake = self._runner.wake

    async def step(self, now_ms: int) -> bool:
        return await self._runner.step()


class AthenaUpkeep:
    """Ends queries without a runner, and forgets old ones."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._runner = Runner.of(db)

    async def step(self, now_ms: int) -> bool:
        table = InternalTable(self._db, TABLE)
        if not await table.exists():
            return False
        for row in await table.range("active"):
            runner = orjson.loads(row.document)["runner"]
            account, region, query_id = row.name.split("|")
            if runner == self._runner.id or await self._lives(table, runner, now_ms):
                continue
            store = Store(self._db, account, region)
            await store.change_execution(
                query_id,
                lambda old: msgspec.structs.replace(
                    old, state="FAILED", reason=GONE, completed_ms=now_ms
                ),
            )
        await self._forget(table, now_ms)
        return False

    async def _lives(self, table: InternalTable, runner: str, now_ms: int) -> bool:
        """Whether another process with that runner is there."""
        if not self._db.catalog.shared:
            return False
        row = await table.get("runners", runner)
        if row is None:
            return False
        return bool(orjson.loads(row.document)["beat_ms"] + DEAD_MS > now_ms)

    async def _forget(self, table: InternalTable, now_ms: int) -> None:
        before = f"{max(0, now_ms - HISTORY_MS):014d}"
        for row in await table.all():
            if not row.group.startswith("listed|") or row.name >= before:
                continue
            _, account, region, _ = row.group.split("|", 3)
            group, query_id = f"queries|{account}|{region}", row.name.split("|")[1]
            query = await table.get(group, query_id)
            changes = [Change(row.group, row.name, None, seen=row)]
            if query is not None:
                changes.append(Change(group, query_id, None, seen=query))
            await table.write(*changes)
