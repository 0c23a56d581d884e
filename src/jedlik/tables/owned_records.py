"""The records that a service keeps for one account and region, on an internal table.

Every name begins with its owner, `account|region|`, so that one group of rows serves requests (a
range of it) and the service's worker (all of it).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from jedlik.tables.database import Database
from jedlik.tables.internal import LAST, Change, InternalTable, Kind, Record, decode, storing

T = TypeVar("T")


class OwnedRecords:
    """The records of one account and region; a service names its table and its kinds."""

    TABLE: ClassVar[str]

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._db = db
        self._account = account
        self._owner = f"{account}|{region}|"
        self._table = InternalTable(db, self.TABLE)

    async def get(self, kind: Kind[T], name: str) -> T | None:
        found = await self._table.get(kind.group, self.owner(kind) + name)
        return decode(kind, found) if found else None

    async def range(
        self, kind: Kind[T], *, low: str = "", high: str = "", limit: int | None = None
    ) -> list[T]:
        """Those with names from `low` on to those that begin with `high`, in order."""
        owner = self.owner(kind)
        rows = await self._table.range(
            kind.group, low=owner + low, high=owner + high + LAST, limit=limit
        )
        return [decode(kind, row) for row in rows]

    async def replace(
        self,
        kind: Kind[T],
        name: str,
        next_of: Callable[[T | None], T | None],
        beside: Callable[[T | None, T | None], Sequence[Change]] = lambda old, new: (),
    ) -> tuple[T | None, T | None]:
        """Replace a record by what `next_of` makes of it (None: of nothing, or delete it), and make
        the changes `beside` it in the same write. Returns what was there and what is now.

        See InternalTable.replace.
        """
        return await self._table.replace(kind, self.owner(kind) + name, next_of, beside)

    def storing(
        self, kind: Kind[T], name: str, new: T | None, seen: Record | None = None
    ) -> Change:
        """The change that puts a record, or nothing, in the place of `seen`."""
        return storing(kind, self.owner(kind) + name, new, seen)

    def owner(self, kind: Kind[T]) -> str:
        """What the names of a kind begin with."""
        return self._owner

    def number(self) -> str:
        """Twenty digits that rise, to make the name of something that happened unique."""
        return f"{self._db.versions.next():020d}"
