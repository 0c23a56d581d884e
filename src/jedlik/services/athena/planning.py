"""Planner: from a query to what the engine is told (`engine/__main__.py`).

    {"folder", "memory_mb", "threads", "spill_mb", "schemas",
     "steps": [{"table": …} | {"view": …} | {"rows": …}], "sqls", "output"}

Every table of the query, and of the views that it names, becomes a step, in an order in which each
finds what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jedlik.services.athena import tables
from jedlik.services.athena.judging import Judge
from jedlik.services.athena.reading import Reading
from jedlik.services.athena.sql.ddl import CATALOG
from jedlik.services.athena.sql.faults import Failed, Malformed
from jedlik.services.athena.sql.hive_types import parse_type
from jedlik.services.athena.sql.names import INFORMATION, OWN_INFORMATION
from jedlik.services.glue import Catalog, Document, NotThere
from jedlik.services.s3 import Objects

VIEWS_MAX = 64
_ENDINGS = (".gz", ".zst", ".bz2")


class Planner:
    """Of one query. scanned: bytes of the objects that it reads."""

    def __init__(
        self,
        catalog: Catalog,
        objects: Objects,
        judge: Judge,
        reading: Reading,
        *,
        database: str,
        folder: Path,
    ) -> None:
        self.catalog, self.objects, self.judge = catalog, objects, judge
        self._reading = reading
        self.database, self.folder = database, folder
        self.scanned = 0
        self._steps: list[dict[str, Any]] = []
        self._schemas: dict[str, None] = {}
        self._made: set[tuple[str, str]] = set()
        self._under_way: list[tuple[str, str]] = []
        self._columns: dict[str, str] = {}
        self._files = 0
        self._placed: list[tuple[tables.Found, Path]] = []

    async def plan(
        self, sql: str, parameters: Sequence[str], output: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Raises Failed, Malformed."""
        names, wants_path = await self._reading.names(sql, parameters, self.database)
        await self._need(names, wants_path=wants_path)
        sqls = await self._reading.render(sql, parameters, self.database, self._columns)
        return {
            "folder": str(self.folder),
            "schemas": list(self._schemas),
            "steps": self._steps,
            "sqls": sqls,
            "output": dict(output),
        }

    async def place(self) -> None:
        """Put the objects where the engine reads them."""
        for found, path in self._placed:
            await self.objects.place(found.bucket, found.key, path)

    async def _need(self, names: Sequence[tuple[str, str]], *, wants_path: bool) -> None:
        for name in names:
            if name in self._made:
                continue
            if name in self._under_way or len(self._under_way) > VIEWS_MAX:
                raise Failed(f"INVALID_VIEW: View '{'.'.join(name)}' is recursive")
            self._under_way.append(name)
            if name[0] == INFORMATION:
                await self._information(name[1])
            elif name[1].endswith("$partitions"):
                await self._partitions(name[0], name[1])
            else:
                await self._table(name, wants_path)
            self._under_way.pop()
            self._made.add(name)

    async def _table(self, name: tuple[str, str], wants_path: bool) -> None:
        database, table_name = name
        self.judge.may("glue:GetTable", database, table_name)
        table = await self._found(database, table_name)
        self._schemas[database] = None
        if tables.is_view(table):
            await self._view(name, table)
            return
        serde, options = tables.serde_of(table)
        keys = tables.keys_of(table)
        partitions: list[Document] = []
        if keys:
            self.judge.may("glue:GetPartitions", database, table_name)
            partitions = await self.catalog.partitions(table)
        groups = await tables.groups_of(table, partitions, self.objects, self.judge)
        columns = []
        for column in tables.columns_of(table):
            kind = column.get("_spelled") or column.get("Type") or "string"
            try:
                self._columns[column["Name"].lower()] = parse_type(kind).hive
            except Malformed as fault:
                raise Failed(f"HIVE_INVALID_METADATA: {column['Name']}: {fault}") from None
            named = column.get("_named") or column["Name"]
            columns.append({"name": column["Name"].lower(), "named": named, "type": kind})
        for key in keys:
            self._columns[key["Name"].lower()] = (key.get("Type") or "string").lower()
        step = {
            "schema": database,
            "name": table_name,
            "serde": serde,
            "columns": columns,
            "keys": [
                {"name": key["Name"].lower(), "type": key.get("Type") or "string"} for key in keys
            ],
            "groups": [
                {"values": group.values, "files": [self._place(each) for each in group.files]}
                for group in groups
            ],
            "options": options,
            "wants_path": wants_path,
        }
        self._steps.append({"table": step})

    def _place(self, found: tables.Found) -> list[str]:
        """Where an object will be a file, with its own name beside."""
        ending = next((each for each in _ENDINGS if found.key.endswith(each)), "")
        if ending == ".bz2" or found.key.endswith((".snappy", ".lz4", ".lzo", ".deflate")):
            raise Failed(f"NOT_SUPPORTED: the compression of {found.uri}", type=1004)
        path = self.folder / f"in{self._files}{ending}"
        self._files += 1
        self.scanned += found.size
        self._placed.append((found, path))
        return [str(path), found.uri]

    async def _view(self, name: tuple[str, str], table: Document) -> None:
        sql, database = tables.view_sql(table)
        names, wants_path = await self._reading.names(sql, (), database)
        await self._need(names, wants_path=wants_path)
        for column in tables.columns_of(table):
            self._columns.setdefault(column["Name"].lower(), column.get("Type", "string"))
        sqls = await self._reading.render(sql, (), database, self._columns)
        self._steps.append({"view": {"schema": name[0], "name": name[1], "sqls": sqls}})

    async def _found(self, database: str, table: str) -> Document:
        try:
            return await self.catalog.table(database, table)
        except NotThere as fault:
            if fault.kind == "Database":
                raise Failed(
                    f"SCHEMA_NOT_FOUND: line 1:1: Schema '{database}' does not exist", type=1301
                ) from None
            raise Failed(
                f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{database}.{table}' does not "
                "exist",
                type=1301,
            ) from None

    async def _partitions(self, database: str, name: str) -> None:
        """ "table$partitions": the values of a table's partitions."""
        table_name = name.removesuffix("$partitions")
        self.judge.may("glue:GetPartitions", database, table_name)
        table = await self._found(database, table_name)
        columns = [
            (key["Name"].lower(), parse_type(key.get("Type", "string")).duckdb)
            for key in tables.keys_of(table)
        ]
        rows = [list(each["Values"]) for each in await self.catalog.partitions(table)]
        self._schemas[database] = None
        self._rows(database, name, columns, rows)

    async def _information(self, name: str) -> None:
        rows: list[list[Any]] = []
        columns: list[tuple[str, str]]
        databases = [each["Name"] for each in await self.catalog.databases()]
        if name == "schemata":
            columns = [("catalog_name", "VARCHAR"), ("schema_name", "VARCHAR")]
            rows = [[CATALOG, each] for each in (*databases, INFORMATION)]
        elif name in ("tables", "views", "columns"):
            columns = [
                ("table_catalog", "VARCHAR"),
                ("table_schema", "VARCHAR"),
                ("table_name", "VARCHAR"),
            ]
            columns += {
                "tables": [("table_type", "VARCHAR")],
                "views": [("view_definition", "VARCHAR")],
                "columns": [
                    ("column_name", "VARCHAR"),
                    ("ordinal_position", "BIGINT"),
                    ("column_default", "VARCHAR"),
                    ("is_nullable", "VARCHAR"),
                    ("data_type", "VARCHAR"),
                    ("comment", "VARCHAR"),
                    ("extra_info", "VARCHAR"),
                ],
            }[name]
            for database in databases:
                for table in await self.catalog.tables(database):
                    rows += _information_rows(name, [CATALOG, database, table["Name"]], table)
        else:
            raise Failed(
                f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{INFORMATION}.{name}' does not "
                "exist"
            )
        self._schemas[OWN_INFORMATION] = None
        self._rows(OWN_INFORMATION, name, columns, rows)

    def _rows(
        self, schema: str, name: str, columns: Sequence[tuple[str, str]], rows: list[list[Any]]
    ) -> None:
        told = {"schema": schema, "name": name, "columns": columns, "rows": rows}
        self._steps.append({"rows": told})


def _information_rows(what: str, place: list[str], table: Document) -> list[list[Any]]:
    is_view = tables.is_view(table)
    if what == "tables":
        return [[*place, "VIEW" if is_view else "BASE TABLE"]]
    if what == "views":
        return [[*place, tables.view_sql(table)[0]]] if is_view else []
    rows = []
    columns: list[tuple[Document, str | None]] = [(each, None) for each in tables.columns_of(table)]
    columns += [(each, "partition key") for each in tables.keys_of(table)]
    for number, (column, extra) in enumerate(columns, 1):
        kind = parse_type(column.get("Type") or "string").trino
        comment = column.get("Comment")
        rows.append([*place, column["Name"], number, None, "YES", kind, comment, extra])
    return rows
