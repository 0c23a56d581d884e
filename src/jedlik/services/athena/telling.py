"""SHOW and DESCRIBE: what is told of the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from jedlik.services.athena import showing, tables
from jedlik.services.athena.outcome import Outcome
from jedlik.services.athena.reach import Reach, not_there
from jedlik.services.athena.showing import text_column
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.ddl import CATALOG
from jedlik.services.athena.sql.faults import Failed, semantic
from jedlik.services.glue import Document, NotThere


class Telling:
    """For one query."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def show(self, statement: said.Show) -> Outcome:
        what, text = statement.what, statement.text
        database = (statement.name.database or self._reach.database).lower()
        if what == "databases":
            names = [each["Name"] for each in await self._reach.catalog.databases()]
            return _listed("database_name", names, text)
        if what in ("tables", "views"):
            self._reach.judge.may("glue:GetTables", database)
            try:
                found = await self._reach.catalog.tables(database)
            except NotThere as fault:
                not_there(fault, database, "")
            names = [each["Name"] for each in found if what == "tables" or tables.is_view(each)]
            return _listed("views" if what == "views" else "tab_name", names, text)
        table = await self._reach.found(statement.name)
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
            raise semantic(10001, f"Table {table['Name']} is not a partitioned table")
        lines = [
            "/".join(f"{key}={value}" for key, value in zip(keys, each["Values"], strict=False))
            for each in await self._reach.catalog.partitions(table)
        ]
        return Outcome([text_column("partition")], lines)

    async def describe(self, statement: said.Describe) -> Outcome:
        table = await self._reach.found(statement.name)
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
