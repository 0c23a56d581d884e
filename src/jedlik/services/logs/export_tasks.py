"""Export tasks, in the internal table "log_exports":

    ("tasks|account|region", id)    -> Task
    ("active", account|region|id)   -> {} until it is over

`workers/log_exports.py` does them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from jedlik.services.logs.errors import no_task
from jedlik.tables.database import Database
from jedlik.tables.internal import Change, InternalTable, Kind, decode, storing

TABLE = "log_exports"
Status = Literal["PENDING", "RUNNING", "PENDING_CANCEL", "CANCELLED", "COMPLETED", "FAILED"]
OVER = ("CANCELLED", "COMPLETED", "FAILED")


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """from_ms, to_ms: both inclusive. message: why it failed."""

    id: str
    account: str
    region: str
    group: str
    streams: str
    from_ms: int
    to_ms: int
    bucket: str
    prefix: str
    created_ms: int
    name: str | None = None
    status: Status = "PENDING"
    message: str = ""
    ended_ms: int | None = None

    @property
    def place(self) -> str:
        return f"{self.account}|{self.region}|{self.id}"


class Tasks:
    """Those of one account and region."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._table = InternalTable(db, TABLE)
        self._kind = Kind(f"tasks|{account}|{region}", Task)

    async def add(self, task: Task) -> None:
        await self._table.write(
            storing(self._kind, task.id, task), Change("active", task.place, b"{}")
        )

    async def get(self, task_id: str) -> Task:
        """Raises ResourceNotFoundException."""
        row = await self._table.get(self._kind.group, task_id)
        if row is None:
            raise no_task()
        return decode(self._kind, row)

    async def all(self) -> list[Task]:
        """The youngest first."""
        found = [decode(self._kind, row) for row in await self._table.range(self._kind.group)]
        return sorted(found, key=lambda task: (-task.created_ms, task.id))

    async def change(self, task_id: str, how: Callable[[Task], Task]) -> Task:
        """One that is over stays as it is. Raises ResourceNotFoundException, Contended."""
        active = {row.name: row for row in await self._table.range("active")}

        def changed(old: Task | None) -> Task:
            if old is None:
                raise no_task()
            return old if old.status in OVER else how(old)

        def beside(old: Task | None, new: Task | None) -> list[Change]:
            row = None if new is None else active.get(new.place)
            if new is None or row is None or new == old or new.status not in OVER:
                return []
            return [Change("active", new.place, None, seen=row)]

        _, new = await self._table.replace(self._kind, task_id, changed, beside)
        assert new is not None
        return new
