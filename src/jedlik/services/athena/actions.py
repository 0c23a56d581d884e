"""What statements about the catalog do: CREATE and DROP, and the way to all others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from jedlik.services.athena import tables
from jedlik.services.athena.altering import Altering
from jedlik.services.athena.outcome import Outcome
from jedlik.services.athena.reach import Reach, not_there
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.faults import Failed, ddl_failed, semantic, there_already
from jedlik.services.athena.sql.statements import Statement
from jedlik.services.athena.telling import Telling
from jedlik.services.glue import AlreadyThere, NotThere


class Actions:
    """For one query."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        altering, telling = Altering(reach), Telling(reach)
        self._actions: dict[type, Callable[[Any], Awaitable[Outcome]]] = {
            said.CreateDatabase: self._create_database,
            said.CreateTable: self._create_table,
            said.Drop: self._drop,
            said.Alter: altering.alter,
            said.Repair: altering.repair,
            said.Show: telling.show,
            said.Describe: telling.describe,
        }

    async def run(self, statement: Statement) -> Outcome:
        """Raises Failed."""
        return await self._actions[type(statement)](statement)

    async def _create_database(self, statement: said.CreateDatabase) -> Outcome:
        name = statement.database["Name"]
        self._reach.judge.may("glue:CreateDatabase", name)
        try:
            await self._reach.catalog.add_database(statement.database)
        except AlreadyThere:
            if not statement.if_not_exists:
                raise there_already(f"Database {name} already exists") from None
        return Outcome()

    async def _create_table(self, statement: said.CreateTable) -> Outcome:
        database, name = self._reach.full(statement.name)
        await self._reach.add_table(
            database, {**statement.table, "Name": name}, lenient=statement.if_not_exists
        )
        return Outcome()

    async def _drop(self, statement: said.Drop) -> Outcome:
        if statement.kind == "database":
            return await self._drop_database(statement)
        database, name = self._reach.full(statement.name)
        self._reach.judge.may("glue:DeleteTable", database, name)
        try:
            table = await self._reach.catalog.table(database, name)
            if statement.kind == "view" and not tables.is_view(table):
                raise Failed(f"TABLE_NOT_FOUND: line 1:1: View '{database}.{name}' does not exist")
            if statement.kind == "table" and tables.is_view(table):
                raise semantic(10001, "Cannot drop a view with DROP TABLE")
            await self._reach.catalog.delete_table(database, name)
        except NotThere:
            if not statement.if_exists:
                raise semantic(10001, f"Table not found {database}.{name}") from None
        return Outcome()

    async def _drop_database(self, statement: said.Drop) -> Outcome:
        name = statement.name.table.lower()
        self._reach.judge.may("glue:DeleteDatabase", name)
        try:
            if not statement.cascade and await self._reach.catalog.tables(name):
                text = f"Database {name} is not empty. One or more tables exist."
                raise ddl_failed(f"InvalidOperationException(message:{text})")
            await self._reach.catalog.delete_database(name)
        except NotThere as fault:
            if not statement.if_exists:
                not_there(fault, name, "")
        return Outcome()
