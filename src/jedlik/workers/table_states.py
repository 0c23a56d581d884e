"""Ends the transitional states of tables: CREATING and UPDATING become ACTIVE, DELETING is done.

Only where the setting `transition_ms` makes such states last; then each is stored with the time
it ends, so that a restart in between leaves no table stuck.
"""

from __future__ import annotations

from msgspec.structs import replace

from jedlik.tables.database import Database
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Table


class TableStates:
    """Moves tables on when their time has come."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._db.table_unsettled.set()  # an earlier process may have left some

    async def step(self, now_ms: int) -> bool:
        """End every state that is due. Never more to do right away: time must pass."""
        if not self._db.table_unsettled.is_set():
            return False
        self._db.table_unsettled.clear()
        tables = [t async for t in self._db.catalog.tables() if t.status != "ACTIVE"]
        tables = [t for t in tables if t.restored is None or not t.restored.in_progress]
        for table in tables:
            if table.settles_at_ms > now_ms or not await self._end(table):
                self._db.table_unsettled.set()
        return False

    async def _end(self, table: Table) -> bool:
        """Whether the state was ended, here or by someone else."""
        try:
            table = await self._db.current(table)
            if table.status == "DELETING":
                await self._db.drop_table(table)
            elif table.status != "ACTIVE":
                await self._db.replace_table(table, replace(table, status="ACTIVE"))
        except TableNotFound:
            pass
        except Contended:
            return False
        return True
