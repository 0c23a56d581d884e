"""The Data Catalog: databases, tables and partitions, in the internal table "glue":

    ("databases|account|region", database)                     -> Glue's Database
    ("tables|account|region|database's id", table)             -> Glue's Table
    ("partitions|account|region|table's id", values as JSON)   -> Glue's Partition
    ("versions|account|region|table's id", version)            -> Glue's Table as it was before

Documents are the dicts that Glue's API answers, with members of our own: `_id`, new with each
database and table, so that one made again does not show what an old one had; `_named` and
`_spelled`, the name and the type of a column as a statement had them, for JSON's sake. Names
are lower case, as in Hive. The database "default" is always there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Record

TABLE = "glue"
DEFAULT = "default"
RETRIES_MAX = 20
PAGE = 500
_OWN = ("_id", "_named", "_spelled")

Document = dict[str, Any]


class NotThere(Exception):
    """kind: "Database", "Table" or "Partition"; name: of what is not there."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name


class AlreadyThere(Exception):
    """The same, of what is there already."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name


class Catalog:
    """That of one account and region. Cheap to make; holds nothing."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._db = db
        self.account, self.region = account, region
        self._table = InternalTable(db, TABLE)

    # Databases

    async def databases(self) -> list[Document]:
        rows = await self._table.range(self._databases)
        found = [orjson.loads(row.document) for row in rows]
        if all(each["Name"] != DEFAULT for each in found):
            found.append(self._default())
        return sorted(found, key=lambda each: str(each["Name"]))

    async def database(self, name: str) -> Document:
        """Raises NotThere."""
        row = await self._table.get(self._databases, name.lower())
        if row is not None:
            found: Document = orjson.loads(row.document)
            return found
        if name.lower() == DEFAULT:
            return self._default()
        raise NotThere("Database", name)

    async def add_database(self, new: Document) -> None:
        """Raises AlreadyThere."""
        name = new["Name"].lower()
        if name == DEFAULT:
            raise AlreadyThere("Database", name)
        made = {**new, "Name": name, "CreateTime": self._now_s(), **self._own()}
        try:
            await self._table.write(Change(self._databases, name, orjson.dumps(made)))
        except Contended:
            raise AlreadyThere("Database", name) from None

    async def change_database(self, name: str, next_of: Callable[[Document], Document]) -> None:
        """Raises NotThere."""
        name = name.lower()
        for _ in range(RETRIES_MAX):
            old = await self.database(name)
            row = await self._table.get(self._databases, name)
            new = {**next_of(old), "Name": name}
            try:
                await self._table.write(Change(self._databases, name, orjson.dumps(new), seen=row))
            except Contended:
                continue
            return
        raise Contended

    async def delete_database(self, name: str) -> None:
        """With all that is in it. Raises NotThere."""
        name = name.lower()
        database = await self.database(name)
        for table in await self.tables(name):
            await self.delete_table(name, table["Name"])
        row = await self._table.get(self._databases, database["Name"])
        if row is not None:
            await self._table.write(Change(self._databases, name, None, seen=row))

    # Tables

    async def tables(self, database: str) -> list[Document]:
        """Raises NotThere."""
        owner = await self.database(database)
        rows = await self._table.range(self._tables(owner))
        return [orjson.loads(row.document) for row in rows]

    async def table(self, database: str, name: str) -> Document:
        """Raises NotThere."""
        return (await self._table_row(database, name))[1]

    async def add_table(self, database: str, new: Document) -> None:
        """Raises NotThere (the database), AlreadyThere."""
        owner = await self.database(database)
        name = new["Name"].lower()
        now_s = self._now_s()
        made = {
            **new,
            "Name": name,
            "DatabaseName": owner["Name"],
            "CreateTime": now_s,
            "UpdateTime": now_s,
            "CreatedBy": f"arn:aws:iam::{self.account}:root",
            "IsRegisteredWithLakeFormation": False,
            "CatalogId": self.account,
            "VersionId": "0",
            **self._own(),
        }
        try:
            await self._table.write(Change(self._tables(owner), name, orjson.dumps(made)))
        except Contended:
            raise AlreadyThere("Table", name) from None

    async def change_table(
        self,
        database: str,
        name: str,
        next_of: Callable[[Document], Document],
        *,
        archive: bool = True,
        seen: str | None = None,
    ) -> None:
        """archive: keep the version before. seen: the one that it must be. Raises NotThere,
        Contended."""
        for _ in range(RETRIES_MAX):
            row, old = await self._table_row(database, name)
            if seen is not None and seen != old["VersionId"]:
                raise Contended
            new = {
                **next_of(old),
                "Name": old["Name"],
                "UpdateTime": self._now_s(),
                "VersionId": str(int(old["VersionId"]) + 1),
            }
            changes = [Change(row.group, row.name, orjson.dumps(new), seen=row)]
            if archive:
                version = _version(old["VersionId"])
                changes.append(Change(self._versions(old), version, orjson.dumps(old)))
            try:
                await self._table.write(*changes)
            except Contended:
                continue
            return
        raise Contended

    async def delete_table(self, database: str, name: str) -> None:
        """With its partitions. Raises NotThere."""
        row, table = await self._table_row(database, name)
        await self._table.write(Change(row.group, row.name, None, seen=row))
        for group in (self._partitions(table), self._versions(table)):
            while rows := await self._table.range(group, limit=PAGE):
                await self._table.write(
                    *(Change(group, each.name, None, seen=each) for each in rows)
                )

    async def versions(self, database: str, name: str) -> list[Document]:
        """What the table is and was, the newest first. Raises NotThere."""
        now = await self.table(database, name)
        rows = await self._table.range(self._versions(now), reverse=True)
        return [now, *(orjson.loads(row.document) for row in rows)]

    async def delete_version(self, database: str, name: str, version: str) -> None:
        """Raises NotThere. The newest one stays with its table."""
        table = await self.table(database, name)
        row = await self._table.get(self._versions(table), _version(version))
        if row is None:
            raise NotThere("TableVersion", version)
        await self._table.write(Change(row.group, row.name, None, seen=row))

    # Partitions

    async def partitions(self, table: Document) -> list[Document]:
        rows = await self._table.range(self._partitions(table))
        return [orjson.loads(row.document) for row in rows]

    async def partition(self, table: Document, values: Sequence[str]) -> Document:
        """Raises NotThere."""
        row = await self._table.get(self._partitions(table), _key(values))
        if row is None:
            raise NotThere("Partition", ", ".join(values))
        found: Document = orjson.loads(row.document)
        return found

    async def add_partitions(self, table: Document, new: Iterable[Document]) -> list[Document]:
        """Those that were there already and are not added."""
        there = []
        for each in new:
            made = {
                **each,
                "DatabaseName": table["DatabaseName"],
                "TableName": table["Name"],
                "CreationTime": self._now_s(),
                "CatalogId": self.account,
            }
            name = _key(each["Values"])
            try:
                await self._table.write(Change(self._partitions(table), name, orjson.dumps(made)))
            except Contended:
                there.append(each)
        return there

    async def change_partition(self, table: Document, values: Sequence[str], new: Document) -> None:
        """Raises NotThere, AlreadyThere."""
        old = await self._table.get(self._partitions(table), _key(values))
        if old is None:
            raise NotThere("Partition", ", ".join(values))
        kept = {**orjson.loads(old.document), **new}
        group, name = self._partitions(table), _key(kept["Values"])
        if name == old.name:
            changes = [Change(group, name, orjson.dumps(kept), seen=old)]
        else:
            changes = [Change(group, old.name, None, seen=old)]
            changes.append(Change(group, name, orjson.dumps(kept)))
        try:
            await self._table.write(*changes)
        except Contended:
            raise AlreadyThere("Partition", ", ".join(kept["Values"])) from None

    async def delete_partition(self, table: Document, values: Sequence[str]) -> None:
        """Raises NotThere."""
        row = await self._table.get(self._partitions(table), _key(values))
        if row is None:
            raise NotThere("Partition", ", ".join(values))
        await self._table.write(Change(row.group, row.name, None, seen=row))

    # Where they are

    @property
    def _databases(self) -> str:
        return f"databases|{self.account}|{self.region}"

    def _tables(self, database: Document) -> str:
        return f"tables|{self.account}|{self.region}|{database['_id']}"

    def _partitions(self, table: Document) -> str:
        return f"partitions|{self.account}|{self.region}|{table['_id']}"

    def _versions(self, table: Document) -> str:
        return f"versions|{self.account}|{self.region}|{table['_id']}"

    async def _table_row(self, database: str, name: str) -> tuple[Record, Document]:
        owner = await self.database(database)
        row = await self._table.get(self._tables(owner), name.lower())
        if row is None:
            raise NotThere("Table", name)
        return row, orjson.loads(row.document)

    def _default(self) -> Document:
        return {
            "Name": DEFAULT,
            "Description": "Default Hive database",
            "CreateTime": 0,
            "_id": "0",
        }

    def _own(self) -> Document:
        return {"_id": str(self._db.versions.next())}

    def _now_s(self) -> int:
        return self._db.clock.now_ms() // 1000


def shown(document: Document) -> Document:
    """A document as clients see it, without members of our own at any depth."""
    return {name: _shown(value) for name, value in document.items() if name not in _OWN}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return shown(value)
    return [_shown(each) for each in value] if isinstance(value, list) else value


def _version(version: str) -> str:
    """Sorts as the numbers do."""
    return version.zfill(12)


def _key(values: Sequence[str]) -> str:
    return orjson.dumps(list(values)).decode()
