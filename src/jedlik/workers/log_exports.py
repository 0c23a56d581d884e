"""Does the export tasks of CloudWatch Logs, one after the other."""

from __future__ import annotations

from jedlik.services.logs.export_tasks import TABLE, Tasks
from jedlik.services.logs.exporting import export
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import InternalTable
from jedlik.workers.changes import Changes


class LogExports:
    """Woken by new tasks. One that was cut off is done again from its beginning."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = InternalTable(db, TABLE)
        self.wake = Changes(db, TABLE)

    async def step(self, now_ms: int) -> bool:
        """One task; whether there are more."""
        self.wake.taken()
        if not await self._table.exists():
            return False
        active = await self._table.range("active")
        for row in active[:1]:
            account, region, task_id = row.name.split("|")
            tasks = Tasks(self._db, account, region)
            try:
                await export(self._db, await tasks.get(task_id))
            except Contended:
                return True
        return len(active) > 1
