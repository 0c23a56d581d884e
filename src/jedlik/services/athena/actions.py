"""What statements about the catalog do: CREATE, ALTER, DROP, MSCK REPAIR, SHOW and DESCRIBE."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import unquote

from jedlik.services.athena import showing, tables
from jedlik.services.athena.judging import Judge
from jedlik.services.athena.requests import split_location
from jedlik.services.athena.showing import text_column
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.ddl import CATALOG
from jedlik.services.athena.sql.faults import Failed
from jedlik.services.athena.sql.statements import Name, Statement
from jedlik.services.glue import AlreadyThere, Catalog, Document, NotThere
from jedlik.services.s3 import Objects


@dataclass
class Outcome:
    """What came of a statement: lines of text, or a file of the engine's."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    kind: str = "txt"
    rows: int = 0
    scanned: int = 0
    manifest: str | None = None
    location: str | None = None
    update_count: int | None = None


class Actions:
    """For one query."""

    def __init__(self, catalog: Catalog, objects: Objects, judge: Judge, *, database: str) -> None:
        self.catalog, self.objects, self.judge = catalog, objects, judge
        self.database = database

    async def run(self, statement: Statement) -> Outcome:
        """Raises Failed."""
        return await self._actions()[type(statement)](statement)

    def _actions(self) -> dict[type, Callable[[Any], Awaitable[Outcome]]]:
        return {
            said.CreateDatabase: self._create_database,
            said.CreateTable: self._create_table,
            said.Drop: self._drop,
            said.Alter: self._alter,
            said.Repair: self._repair,
            said.Show: self._show,
            said.Describe: self._describe,
        }

    def full(self, name: Name) -> tuple[str, str]:
        return (name.database or self.database).lower(), name.table.lower()

    async def found(self, name: Name) -> Document:
        """A table. Raises Failed."""
        database, table = self.full(name)
        self.judge.may("glue:GetTable", database, table)
        try:
            return await self.catalog.table(database, table)
        except NotThere as fault:
            _not_there(fault, database, table)

    async def _create_database(self, statement: said.CreateDatabase) -> Outcome:
        name = statement.database["Name"]
        self.judge.may("glue:CreateDatabase", name)
        try:
            await self.catalog.add_database(statement.database)
        except AlreadyThere:
            if not statement.if_not_exists:
                raise Failed(
                    "FAILED: Execution Error, return code 1 from "
                    "org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:"
                    f"Database {name} already exists)"
                ) from None
        return Outcome()

    async def _create_table(self, statement: said.CreateTable) -> Outcome:
        database, name = self.full(statement.name)
        await self.add_table(
            database, {**statement.table, "Name": name}, lenient=statement.if_not_exists
        )
        return Outcome()

    async def add_table(self, database: str, table: Document, *, lenient: bool = False) -> None:
        """Raises Failed."""
        name = table["Name"]
        self.judge.may("glue:CreateTable", database, name)
        try:
            await self.catalog.add_table(database, table)
        except NotThere as fault:
            _not_there(fault, database, name)
        except AlreadyThere:
            if not lenient:
                raise Failed(
                    "FAILED: Execution Error, return code 1 from "
                    "org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:"
                    f"Table {name} already exists)"
                ) from None

    async def _drop(self, statement: said.Drop) -> Outcome:
        if statement.kind == "database":
            return await self._drop_database(statement)
        database, name = self.full(statement.name)
        self.judge.may("glue:DeleteTable", database, name)
        try:
            table = await self.catalog.table(database, name)
            if statement.kind == "view" and not tables.is_view(table):
                raise Failed(f"TABLE_NOT_FOUND: line 1:1: View '{database}.{name}' does not exist")
            if statement.kind == "table" and tables.is_view(table):
                raise Failed(
                    "FAILED: SemanticException [Error 10001]: Cannot drop a view with DROP TABLE"
                )
            await self.catalog.delete_table(database, name)
        except NotThere:
            if not statement.if_exists:
                raise Failed(
                    f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}"
                ) from None
        return Outcome()

    async def _drop_database(self, statement: said.Drop) -> Outcome:
        name = statement.name.table.lower()
        self.judge.may("glue:DeleteDatabase", name)
        try:
            if not statement.cascade and await self.catalog.tables(name):
                raise Failed(
                    "FAILED: Execution Error, return code 1 from "
                    "org.apache.hadoop.hive.ql.exec.DDLTask. InvalidOperationException(message:"
                    f"Database {name} is not empty. One or more tables exist.)"
                )
            await self.catalog.delete_database(name)
        except NotThere as fault:
            if not statement.if_exists:
                _not_there(fault, name, "")
        return Outcome()

    async def _alter(self, statement: said.Alter) -> Outcome:
        if statement.change == "database_properties":
            name = statement.name.table.lower()
            self.judge.may("glue:UpdateDatabase", name)

            def with_properties(old: Document) -> Document:
                kept = old.get("Parameters") or {}
                return {**old, "Parameters": {**kept, **statement.properties}}

            try:
                await self.catalog.change_database(name, with_properties)
            except NotThere as fault:
                _not_there(fault, name, "")
            return Outcome()
        table = await self.found(statement.name)
        if statement.partitions:
            await self._alter_partitions(statement, table)
            return Outcome()
        self.judge.may("glue:UpdateTable", table["DatabaseName"], table["Name"])
        await self.catalog.change_table(
            table["DatabaseName"], table["Name"], lambda old: _altered(statement, old)
        )
        return Outcome()

    async def _alter_partitions(self, statement: said.Alter, table: Document) -> None:
        place = table["DatabaseName"], table["Name"]
        which = statement.partitions[0][0]
        if statement.change == "add_partitions":
            self.judge.may("glue:BatchCreatePartition", *place)
            new = [_partition(table, _values(table, w), at) for w, at in statement.partitions]
            there = await self.catalog.add_partitions(table, new)
            if there and not statement.lenient:
                raise Failed(
                    "FAILED: Execution Error, return code 1 from "
                    "org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:"
                    "Partition already exists.)"
                )
            return
        try:
            if statement.change == "drop_partitions":
                self.judge.may("glue:DeletePartition", *place)
                await self._drop_partitions(statement, table)
            elif statement.change == "rename_partition":
                self.judge.may("glue:UpdatePartition", *place)
                values = _values(table, statement.partitions[1][0])
                await self.catalog.change_partition(
                    table, _values(table, which), {"Values": values}
                )
            else:
                self.judge.may("glue:UpdatePartition", *place)
                old = await self.catalog.partition(table, _values(table, which))
                storage = {**(old.get("StorageDescriptor") or {}), "Location": statement.text}
                await self.catalog.change_partition(
                    table, old["Values"], {"StorageDescriptor": storage}
                )
        except NotThere as fault:
            raise Failed(
                f"FAILED: SemanticException [Error 10006]: Partition not found ({fault.name})"
            ) from None

    async def _drop_partitions(self, statement: said.Alter, table: Document) -> None:
        """Every partition that has the values given; they need not name all keys."""
        names = [key["Name"].lower() for key in tables.keys_of(table)]
        for which, _ in statement.partitions:
            gone = 0
            for each in await self.catalog.partitions(table):
                has = dict(zip(names, each["Values"], strict=False))
                if all(has.get(key) == value for key, value in which.items()):
                    await self.catalog.delete_partition(table, each["Values"])
                    gone += 1
            if not gone and not statement.lenient:
                raise NotThere("Partition", ", ".join(f"{k}={v}" for k, v in which.items()))

    async def _repair(self, statement: said.Repair) -> Outcome:
        """Partitions for all folders "key=value/" that hold objects and are not known yet."""
        table = await self.found(statement.name)
        self.judge.may("glue:BatchCreatePartition", table["DatabaseName"], table["Name"])
        keys = [key["Name"].lower() for key in tables.keys_of(table)]
        location = (table.get("StorageDescriptor") or {}).get("Location") or ""
        if not keys:
            return Outcome()
        known = {tuple(each["Values"]) for each in await self.catalog.partitions(table)}
        found: dict[tuple[str, ...], str] = {}
        _, prefix = split_location(location)
        for each in await tables.objects_below(location, self.objects, self.judge):
            parts = each.key[len(prefix) :].split("/")[: len(keys)]
            named = [part.partition("=") for part in parts]
            if len(parts) == len(keys) and [name.lower() for name, _, _ in named] == keys:
                values = tuple(unquote(value) for _, _, value in named)
                found.setdefault(values, f"s3://{each.bucket}/{prefix}{'/'.join(parts)}/")
        new = {values: place for values, place in found.items() if values not in known}
        await self.catalog.add_partitions(
            table, [_partition(table, list(values), place) for values, place in new.items()]
        )
        if not new:
            return Outcome()
        shown = [
            "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
            for values in new
        ]
        name = table["Name"]
        lines = ["Partitions not in metastore:\t" + "\t".join(f"{name}:{one}" for one in shown)]
        lines += [f"Repair: Added partition to metastore {name}:{one}" for one in shown]
        return Outcome(lines=lines)

    async def _show(self, statement: said.Show) -> Outcome:
        what, text = statement.what, statement.text
        database = (statement.name.database or self.database).lower()
        if what == "databases":
            names = [each["Name"] for each in await self.catalog.databases()]
            return _listed("database_name", names, text)
        if what in ("tables", "views"):
            self.judge.may("glue:GetTables", database)
            try:
                found = await self.catalog.tables(database)
            except NotThere as fault:
                _not_there(fault, database, "")
            names = [each["Name"] for each in found if what == "tables" or tables.is_view(each)]
            return _listed("views" if what == "views" else "tab_name", names, text)
        table = await self.found(statement.name)
        if what == "columns":
            columns = [*tables.columns_of(table), *tables.keys_of(table)]
            lines = [f"{each['Name']:<{showing.WIDTH}}" for each in columns]
            return Outcome([text_column("field")], lines)
        if what == "partitions":
            return await self._show_partitions(table)
        if what == "properties":
            return _properties(table, text)
        return _show_create(table, what)

    async def _show_partitions(self, table: Document) -> Outcome:
        keys = [key["Name"].lower() for key in tables.keys_of(table)]
        if not keys:
            raise Failed(
                "FAILED: SemanticException [Error 10001]: Table "
                f"{table['Name']} is not a partitioned table"
            )
        lines = [
            "/".join(f"{key}={value}" for key, value in zip(keys, each["Values"], strict=False))
            for each in await self.catalog.partitions(table)
        ]
        return Outcome([text_column("partition")], lines)

    async def _describe(self, statement: said.Describe) -> Outcome:
        table = await self.found(statement.name)
        if statement.kind == "view" or tables.is_view(table):
            columns = [text_column("Column"), text_column("Type")]
            return Outcome(columns, showing.described_view(table))
        columns = [text_column(name) for name in ("col_name", "data_type", "comment")]
        if statement.kind == "formatted":
            return Outcome(columns, showing.described_formatted(table))
        return Outcome(columns, showing.described(table))


def _listed(column: str, names: Sequence[str], pattern: str) -> Outcome:
    if pattern:
        wanted = showing.hive_pattern(pattern)
        names = [name for name in names if wanted.fullmatch(name)]
    return Outcome([text_column(column)], list(names))


def _properties(table: Document, wanted: str) -> Outcome:
    found = table.get("Parameters") or {}
    columns = [text_column("prpt_name"), text_column("prpt_value")]
    if wanted:
        missing = f"Table {table['Name']} does not have property: {wanted}"
        return Outcome(columns[1:], [found.get(wanted, missing)])
    return Outcome(columns, [f"{name}\t{value}" for name, value in sorted(found.items())])


def _show_create(table: Document, what: str) -> Outcome:
    if tables.is_view(table):
        sql, _ = tables.view_sql(table)
        head = f"CREATE VIEW {table['DatabaseName']}.{table['Name']} AS"
        return Outcome([text_column("Create View")], [head, *sql.split("\n")])
    if what == "create_view":
        raise Failed(
            f"NOT_SUPPORTED: line 1:1: Relation '{CATALOG}.{table['DatabaseName']}."
            f"{table['Name']}' is a table, not a view",
            type=1004,
        )
    return Outcome([text_column("createtab_stmt")], showing.created(table))


def _altered(statement: said.Alter, old: Document) -> Document:
    """A table after ALTER TABLE. Raises Failed."""
    storage = dict(old.get("StorageDescriptor") or {})
    columns = list(storage.get("Columns") or ())
    if statement.change == "location":
        storage["Location"] = statement.text
    elif statement.change == "properties":
        return {**old, "Parameters": {**(old.get("Parameters") or {}), **statement.properties}}
    elif statement.change == "replace_columns":
        columns = list(statement.columns)
    elif statement.change == "add_columns":
        there = {each["Name"] for each in (*columns, *tables.keys_of(old))}
        for each in statement.columns:
            if each["Name"] in there:
                raise Failed(
                    "FAILED: Execution Error, return code 1 from "
                    "org.apache.hadoop.hive.ql.exec.DDLTask. Duplicate column name: " + each["Name"]
                )
        columns += statement.columns
    else:
        places = [place for place, each in enumerate(columns) if each["Name"] == statement.text]
        if not places:
            raise Failed(
                "FAILED: SemanticException [Error 10002]: Invalid column reference "
                + statement.text
            )
        columns[places[0]] = statement.columns[0]
    return {**old, "StorageDescriptor": {**storage, "Columns": columns}}


def _values(table: Document, which: dict[str, str]) -> list[str]:
    """A value for each key, in order. Raises Failed."""
    keys = [key["Name"].lower() for key in tables.keys_of(table)]
    if {*which} != {*keys}:
        raise Failed(
            "FAILED: SemanticException Partition spec {"
            + ", ".join(f"{key}={value}" for key, value in which.items())
            + "} does not name all partition columns"
        )
    return [which[key] for key in keys]


def _partition(table: Document, values: list[str], location: str) -> Document:
    storage = dict(table.get("StorageDescriptor") or {})
    below = f"{storage.get('Location', '').rstrip('/')}/{tables.partition_path(table, values)}"
    return {"Values": values, "StorageDescriptor": {**storage, "Location": location or below}}


def _not_there(fault: NotThere, database: str, table: str) -> NoReturn:
    if fault.kind == "Database":
        raise Failed(
            f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}"
        ) from None
    raise Failed(
        f"FAILED: SemanticException [Error 10001]: Table not found {database}.{table}"
    ) from None
