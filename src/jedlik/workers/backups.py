"""Makes backups and restores tables.

The jobs are stored (`tables/backups.py`); what a step of one does is in `tables/recovery.py`.
"""

from __future__ import annotations

from functools import partial

from jedlik.tables import recovery
from jedlik.tables.backups import Job
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.workers.left import Left

PAGES = 10


class Backups:
    """Does the stored jobs, some pages of each at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._left = Left(partial(recovery.forget_what_never_began, db), shared=db.catalog.shared)
        db.backup_work.set()  # an earlier process may have left some

    async def step(self, now_ms: int) -> bool:
        """Do some of each job; whether there is more to do right away. What nobody expected of one
        is raised after the others had their turns, so that it does not hold them up."""
        await self._left.look()
        self._db.backup_work.clear()
        going_on = False
        fault: Exception | None = None
        for job in await self._db.backups.jobs():
            try:
                going_on |= await self._advance(job)
            except Contended:
                going_on = True  # another process has gone on with it, or the table was changed
            except Exception as unexpected:
                fault = fault or unexpected
        if fault is not None:
            raise fault
        return going_on

    async def _advance(self, job: Job) -> bool:
        """Some pages of a job; whether it goes on. To find one job is less than to list them."""
        for _ in range(PAGES):
            if not await recovery.advance(self._db, job):
                return False
            reached = await self._db.backups.job(job.id)
            if reached is None:
                return False
            job = reached
        return True
