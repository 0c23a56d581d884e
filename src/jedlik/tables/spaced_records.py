"""Records that have a space of their own: the streams of Kinesis, those of Firehose.

They are kept in an internal table, named `account|region|name`; what is in the space is the
service's. A record that was read is decoded once for as long as it is stored the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, Self, TypeVar

import msgspec

from jedlik.tables.database import Database
from jedlik.tables.internal import LAST, InternalTable, Kind, Record, decode, storing


class Spaced(msgspec.Struct, frozen=True):
    """What every such record begins with. space: 0 until it is created."""

    account: str
    region: str
    name: str
    space: int

    @property
    def place(self) -> str:
        """Its name among those of all accounts."""
        return f"{self.account}|{self.region}|{self.name}"


S = TypeVar("S", bound=Spaced)


class SpacedRecords(Generic[S]):
    """Those of all accounts; a service says of which table and kind, and what is raised where
    there is none (any more). `of(db)` is the one of a database."""

    TABLE: ClassVar[str]
    GONE: ClassVar[type[Exception]]
    kind: Kind[S]

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = InternalTable(db, self.TABLE)
        self._known: dict[str, tuple[bytes, S]] = {}

    @classmethod
    def of(cls, db: Database) -> Self:
        return db.one(cls, lambda: cls(db))

    async def get(self, account: str, region: str, name: str) -> S | None:
        place = f"{account}|{region}|{name}"
        row = await self._table.get(self.kind.group, place)
        if row is None:
            self._known.pop(place, None)
            return None
        return self._decoded(row)

    def known(self, account: str, region: str, name: str) -> S | None:
        """The record as it was last seen, without a look at the store."""
        found = self._known.get(f"{account}|{region}|{name}")
        return found[1] if found else None

    async def all(self) -> list[S]:
        if not await self._table.exists():
            return []
        return [self._decoded(row) for row in await self._table.range(self.kind.group)]

    async def create(self, record: S) -> S:
        """Store a new one with a space of its own. Raises Contended if there is one."""
        space = await self._db.catalog.reserve_spaces(1)
        await self._db.engine.space_create(space)
        record = msgspec.structs.replace(record, space=space)
        await self._table.write(storing(self.kind, record.place, record))
        return record

    async def change(
        self, account: str, region: str, name: str, how: Callable[[S], S | None]
    ) -> S | None:
        """Store what `how` makes of a record, None deletes it. Raises GONE, Contended."""

        def next_of(old: S | None) -> S | None:
            if old is None:
                raise self.GONE(name)
            return how(old)

        place = f"{account}|{region}|{name}"
        _, new = await self._table.replace(self.kind, place, next_of)
        if new is None:
            self._known.pop(place, None)
        return new

    async def drop(self, record: S) -> None:
        """Forget a record and what is in its space."""
        await self._db.drop_spaces([record.space])
        try:
            await self.change(record.account, record.region, record.name, lambda old: None)
        except self.GONE:
            return

    async def list(self, account: str, region: str, *, after: str = "") -> list[S]:
        """Those of an account and region by name, from behind the name `after` on."""
        owner = f"{account}|{region}|"
        low = f"{owner}{after}\0" if after else owner
        rows = await self._table.range(self.kind.group, low=low, high=owner + LAST)
        return [self._decoded(row) for row in rows]

    def _decoded(self, row: Record) -> S:
        known = self._known.get(row.name)
        if known is not None and known[0] == row.document:
            return known[1]
        record = decode(self.kind, row)
        self._known[row.name] = row.document, record
        return record
