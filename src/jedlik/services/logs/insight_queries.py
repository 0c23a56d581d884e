"""Queries of Logs Insights, in the internal table "log_queries":

    ("queries|account|region", id)       -> Query
    ("active", account|region|id)        -> {} while it is to be run
    ("aged", time|account|region|id)     -> {}, in order of their age
    ("results|id", page|part)            -> a part of the JSON of a page of rows
    ("saved|account|region", id)         -> Definition, a query that is kept for later

`workers/log_queries.py` runs them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Literal

import msgspec

from jedlik.services.logs.errors import no_query
from jedlik.tables.database import Database
from jedlik.tables.internal import Change, InternalTable, Kind, decode, storing

TABLE = "log_queries"
PAGE_ROWS = 10_000
PART_CHARS = 50_000
KEPT_MS = 7 * 86_400_000
"""Results are there for seven days (user guide, quotas)."""
Status = Literal["Scheduled", "Running", "Complete", "Failed", "Cancelled", "Timeout"]
OVER = ("Complete", "Failed", "Cancelled", "Timeout")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """groups: names. from_ms, to_ms: both inclusive. pages: of results."""

    id: str
    account: str
    region: str
    text: str
    groups: tuple[str, ...]
    from_ms: int
    to_ms: int
    limit: int
    created_ms: int
    who: str = ""
    status: Status = "Scheduled"
    ended_ms: int | None = None
    scanned: int = 0
    scanned_bytes: int = 0
    matched: int = 0
    rows: int = 0

    @property
    def place(self) -> str:
        return f"{self.account}|{self.region}|{self.id}"


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    text: str
    changed_ms: int
    groups: tuple[str, ...] | None = None
    parameters: tuple[dict[str, str], ...] | None = None


class Queries:
    """Those of one account and region."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._table = InternalTable(db, TABLE)
        self._kind = Kind(f"queries|{account}|{region}", Query)
        self.saved = Kind(f"saved|{account}|{region}", Definition)

    async def add(self, query: Query) -> None:
        """To be run."""
        await self._table.write(
            storing(self._kind, query.id, query),
            Change("active", query.place, b"{}"),
            Change("aged", f"{query.created_ms:015d}|{query.place}", b"{}"),
        )

    async def get(self, query_id: str) -> Query:
        """Raises ResourceNotFoundException."""
        row = await self._table.get(self._kind.group, query_id)
        if row is None:
            raise no_query(query_id)
        return decode(self._kind, row)

    async def all(self) -> list[Query]:
        """The youngest first."""
        found = [decode(self._kind, row) for row in await self._table.range(self._kind.group)]
        return sorted(found, key=lambda query: (-query.created_ms, query.id))

    async def change(self, query_id: str, how: Callable[[Query], Query]) -> Query:
        """One that is over stays as it is. Raises ResourceNotFoundException, Contended."""
        active = {row.name: row for row in await self._table.range("active")}

        def changed(old: Query | None) -> Query:
            if old is None:
                raise no_query(query_id)
            return old if old.status in OVER else how(old)

        def beside(old: Query | None, new: Query | None) -> list[Change]:
            assert new is not None
            row = active.get(new.place)
            ended = new != old and new.status in OVER and row is not None
            return [Change("active", new.place, None, seen=row)] if ended else []

        _, new = await self._table.replace(self._kind, query_id, changed, beside)
        assert new is not None
        return new

    async def keep_page(self, query_id: str, number: int, page: str) -> None:
        """A page of results, as JSON; over what an earlier run may have left."""
        for at in range(0, len(page), PART_CHARS):
            group, name = f"results|{query_id}", f"{number:03d}|{at // PART_CHARS:06d}"
            left = await self._table.get(group, name)
            part = msgspec.json.encode(page[at : at + PART_CHARS])
            await self._table.write(Change(group, name, part, seen=left))

    async def page(self, query_id: str, number: int) -> bytes:
        """The JSON of a page."""
        rows = await self._table.range(
            f"results|{query_id}", low=f"{number:03d}|", high=f"{number:03d}|~"
        )
        return "".join(msgspec.json.decode(row.document, type=str) for row in rows).encode()

    # Definitions

    async def definitions(self, prefix: str = "") -> list[Definition]:
        rows = await self._table.range(self.saved.group)
        found = [decode(self.saved, row) for row in rows]
        return sorted(
            (each for each in found if each.name.startswith(prefix)), key=lambda each: each.name
        )

    async def change_definition(
        self, definition_id: str, how: Callable[[Definition | None], Definition | None]
    ) -> None:
        """Raises Contended."""
        await self._table.replace(self.saved, definition_id, how)


async def forget(db: Database, now_ms: int) -> None:
    """Delete what is older than queries are kept."""
    table = InternalTable(db, TABLE)
    if not await table.exists():
        return
    for row in await table.range("aged", high=f"{now_ms - KEPT_MS:015d}"):
        _, account, region, query_id = row.name.split("|")
        for part in await table.range(f"results|{query_id}"):
            await table.write(Change(part.group, part.name, None, seen=part))
        gone = [Change(row.group, row.name, None, seen=row)]
        for group, name in (
            (f"queries|{account}|{region}", query_id),
            ("active", f"{account}|{region}|{query_id}"),
        ):
            found = await table.get(group, name)
            gone += [] if found is None else [Change(group, name, None, seen=found)]
        await table.write(*gone)


def new_id() -> str:
    return str(uuid.uuid4())
