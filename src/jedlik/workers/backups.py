"""Makes backups and restores tables.

The jobs are stored (`tables/backups.py`); what a step of one does is in `tables/recovery.py`.
"""

from __future__ import annotations

from jedlik.tables import recovery
from jedlik.tables.database import Database


class Backups:
    """Does the stored jobs, a page of each at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._began = False
        db.backup_work.set()  # an earlier process may have left some

    async def step(self, now_ms: int) -> bool:
        """Do some of each job; whether there is more to do right away."""
        if not self._began:
            await recovery.forget_what_never_began(self._db)
            self._began = True
        self._db.backup_work.clear()
        going_on = False
        for job in await self._db.backups.jobs():
            going_on |= await recovery.advance(self._db, job)
        return going_on
