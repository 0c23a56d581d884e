"""Makes backups and restores tables.

The jobs are stored (`tables/backups.py`); what a step of one does is in `tables/recovery.py`.
"""

from __future__ import annotations

import time

from jedlik.tables import recovery
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended

LEFT_S = 120.0
"""How long what has no job must have been so before it counts as left by a process that died,
where other processes may just be making one."""
LOOK_S = 15.0


class Backups:
    """Does the stored jobs, a page of each at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._began = False
        self._looked_at_s = float("-inf")
        self._first_seen_s: dict[str, float] = {}
        db.backup_work.set()  # an earlier process may have left some

    async def step(self, now_ms: int) -> bool:
        """Do some of each job; whether there is more to do right away."""
        if self._db.catalog.shared:
            await self._look_for_what_was_left(time.monotonic())
        elif not self._began:
            await recovery.forget_what_never_began(self._db)
            self._began = True
        self._db.backup_work.clear()
        going_on = False
        for job in await self._db.backups.jobs():
            try:
                going_on |= await recovery.advance(self._db, job)
            except Contended:
                going_on = True  # another process has gone on with it, or the table was changed
        return going_on

    async def _look_for_what_was_left(self, now_s: float) -> None:
        if now_s - self._looked_at_s < LOOK_S:
            return
        self._looked_at_s = now_s
        seen: dict[str, float] = {}

        def is_left(what: str) -> bool:
            seen[what] = self._first_seen_s.get(what, now_s)
            return now_s - seen[what] >= LEFT_S

        await recovery.forget_what_never_began(self._db, is_left)
        self._first_seen_s = seen
