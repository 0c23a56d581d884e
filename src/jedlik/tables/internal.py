"""Internal tables: where the services keep their own state.

Ordinary tables of ours in an account that nobody can sign for, so ListTables never lists them and
no request can name them; writes go through `write.py` like everybody's. A row is a JSON document:

    pk = group, sk = name  ->  {"pk": {"S"}, "sk": {"S"}, "document": {"S": JSON}}

Change is optimistic, as everywhere: read a record, make the next document, write it expecting the
record that was read; `Contended` means somebody was faster: read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import orjson
from msgspec import Struct

from jedlik.storage.waist import Entry
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended, TableExists, TableNotFound, TransactionCancelled
from jedlik.tables.item_writes import DeleteWrite, ItemWrite, PutWrite
from jedlik.tables.keys import Key
from jedlik.tables.model import INTERNAL_ACCOUNT, KeyAttribute, KeySchema, Table
from jedlik.tables.stored import Stored
from jedlik.tables.write import write_all
from jedlik.values import encode_key, item_size, token

ACCOUNT = INTERNAL_ACCOUNT
"""Real accounts are twelve digits."""
REGION = "everywhere"
PAGE_ITEMS = 500
PAGE_BYTES = 4 << 20
RETRIES_MAX = 50
LAST = "\U0010ffff"
"""Sorts after every name."""


class Record(NamedTuple):
    """A stored document. version: of its row; 0 for one that is not stored yet."""

    group: str
    name: str
    document: bytes
    version: int = 0


class Change(Struct, frozen=True):
    """One write: `document` None deletes. `seen`: the record that must still be there as it was
    read; None: there must be none."""

    group: str
    name: str
    document: bytes | None
    seen: Record | None = None


T = TypeVar("T")


T_co = TypeVar("T_co", covariant=True)


class Kind(Generic[T_co], Struct, frozen=True):
    """One kind of record that a service keeps: its group of rows and its type."""

    group: str
    type: type[T_co]


def decode(kind: Kind[T], row: Record) -> T:
    """The record in a row."""
    return msgspec.json.decode(row.document, type=kind.type)


def storing(kind: Kind[T], name: str, new: T | None, seen: Record | None = None) -> Change:
    """The change that puts a record, or nothing, in the place of `seen`."""
    document = None if new is None else msgspec.json.encode(new)
    return Change(kind.group, name, document, seen)


class InternalTable:
    """The documents of one service; cheap to make, it holds nothing."""

    def __init__(self, db: Database, name: str) -> None:
        self._db = db
        self._name = name

    @property
    def changed(self) -> asyncio.Event:
        """Set after every change made in this process, for the worker that waits for changes."""
        return self._db.internal_changes.setdefault(self._name, asyncio.Event())

    async def make(self) -> None:
        """Make the table now, for other processes that will use it; else its first use does."""
        await self._table()

    async def exists(self) -> bool:
        """Whether anybody has used it yet."""
        if self._db.catalog.cached(ACCOUNT, REGION, self._name) is not None:
            return True
        try:
            await self._db.catalog.get(ACCOUNT, REGION, self._name)
        except TableNotFound:
            return False
        return True

    async def get(self, group: str, name: str) -> Record | None:
        table = await self._table()
        key = _key(group, name)
        row = await self._db.engine.get_one((table.space, key.token, key.sort, b""))
        if row is None:
            return None
        return Record(group, name, _document(row.value), row.version)

    async def range(
        self,
        group: str,
        *,
        low: str = "",
        high: str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[Record]:
        """The records of a group in order of their names, from `low` on, up to `high` inclusive;
        or in the reverse order, the last first."""
        table = await self._table()
        found: list[Record] = []
        after: tuple[bytes, bytes] | None = None
        while True:
            page = await self._db.engine.range(
                table.space,
                token(encode_key({"S": group})),
                encode_key({"S": low}) if low else None,
                encode_key({"S": high}) if high is not None else None,
                reverse=reverse,
                after=after,
                item_limit=min(PAGE_ITEMS, limit - len(found)) if limit else PAGE_ITEMS,
                byte_limit=PAGE_BYTES,
            )
            found += [_record(group, entry) for entry in page.entries]
            if not page.more or (limit is not None and len(found) >= limit):
                return found
            after = (page.entries[-1].sort, page.entries[-1].sub)

    async def all(self) -> list[Record]:
        """Every record of every group; for workers of services that have few."""
        table = await self._table()
        found: list[Record] = []
        after: tuple[bytes, bytes, bytes] | None = None
        while True:
            page = await self._db.engine.scan(
                table.space, b"", None, after=after, item_limit=PAGE_ITEMS, byte_limit=PAGE_BYTES
            )
            for entry in page.entries:
                group = Stored(entry.version, entry.value).item["pk"]["S"]
                found.append(_record(group, entry))
            if not page.more:
                return found
            last = page.entries[-1]
            after = (last.token, last.sort, last.sub)

    async def write(self, *changes: Change, also: Sequence[Beside] = ()) -> None:
        """All or nothing; durable when it returns. Raises Contended when a record has changed.

        also: changes of other services' tables, in the same commit.
        """
        writes = []
        for each in (Beside(self, changes), *also):
            table = await each.table._table()
            writes += [_item_write(table, change) for change in each.changes]
        try:
            await write_all(self._db, writes)
        except TransactionCancelled as cancelled:
            raise Contended from cancelled
        finally:
            self.changed.set()
            for each in also:
                each.table.changed.set()

    async def replace(
        self,
        kind: Kind[T],
        name: str,
        next_of: Callable[[T | None], T | None],
        beside: Callable[[T | None, T | None], Sequence[Change]] = lambda old, new: (),
    ) -> tuple[T | None, T | None]:
        """Replace a record by what `next_of` makes of it (None: of nothing, or delete it), and make
        the changes `beside` it in the same write. Returns what was there and what is now.

        Both functions are pure: they are asked again when somebody else was faster. Nothing is
        written when nothing changes. Raises Contended when that happens again and again.
        """
        for _ in range(RETRIES_MAX):
            row = await self.get(kind.group, name)
            old = decode(kind, row) if row else None
            new = next_of(old)
            others = beside(old, new)
            changes = [] if new == old else [storing(kind, name, new, seen=row)]
            if not changes and not others:
                return old, new
            try:
                await self.write(*changes, *others)
            except Contended:
                continue
            return old, new
        raise Contended

    async def _table(self) -> Table:
        catalog = self._db.catalog
        found = catalog.cached(ACCOUNT, REGION, self._name)
        if found is not None:
            return found
        try:
            return await catalog.get(ACCOUNT, REGION, self._name)
        except TableNotFound:
            pass
        keys = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))
        new = Table(
            ACCOUNT,
            REGION,
            self._name,
            keys,
            {"pk": "S", "sk": "S"},
            created_at_ms=self._db.clock.now_ms(),
            billing="PAY_PER_REQUEST",
        )
        try:
            return await self._db.create_table(new)
        except TableExists:
            return await catalog.get(ACCOUNT, REGION, self._name)


class Beside(NamedTuple):
    """Changes of one table that are made in the commit of another one's."""

    table: InternalTable
    changes: Sequence[Change]


class _AsSeen:
    """The condition that a record is as it was read; None: that there is none."""

    def __init__(self, seen: Record | None) -> None:
        self._seen = seen

    def holds(self, item: dict[str, Any] | None) -> bool:
        if item is None or self._seen is None:
            return item is None and self._seen is None
        return str(item["document"]["S"]).encode() == self._seen.document


def _item_write(table: Table, change: Change) -> ItemWrite:
    attributes = {"pk": {"S": change.group}, "sk": {"S": change.name}}
    key = _key(change.group, change.name)
    condition = _AsSeen(change.seen)
    if change.document is None:
        return DeleteWrite(table, key, condition)
    item = {**attributes, "document": {"S": change.document.decode()}}
    return PutWrite(table, key, item, item_size(item), condition)


def _key(group: str, name: str) -> Key:
    """Not `key_of`, which keeps the limits of clients: a name may be longer than a sort key (an
    object's key with its version behind it)."""
    return Key(token(encode_key({"S": group})), encode_key({"S": name}))


def _record(group: str, entry: Entry) -> Record:
    item = Stored(entry.version, entry.value).item
    return Record(group, item["sk"]["S"], item["document"]["S"].encode(), entry.version)


def _document(value: bytes) -> bytes:
    document: str = orjson.loads(value[4:])["document"]["S"]
    return document.encode()
