"""What one query reaches: the catalog and objects, as far as its caller may."""

from __future__ import annotations

from typing import NoReturn

from jedlik.services.athena.judging import Judge
from jedlik.services.athena.sql.faults import semantic, there_already
from jedlik.services.athena.sql.statements import Name
from jedlik.services.glue import AlreadyThere, Catalog, Document, NotThere
from jedlik.services.s3 import Objects


class Reach:
    """database: of names that do not say theirs."""

    def __init__(self, catalog: Catalog, objects: Objects, judge: Judge, *, database: str) -> None:
        self.catalog, self.objects, self.judge = catalog, objects, judge
        self.database = database

    def full(self, name: Name) -> tuple[str, str]:
        return (name.database or self.database).lower(), name.table.lower()

    async def found(self, name: Name) -> Document:
        """A table. Raises Failed."""
        database, table = self.full(name)
        self.judge.may("glue:GetTable", database, table)
        try:
            return await self.catalog.table(database, table)
        except NotThere as fault:
            not_there(fault, database, table)

    async def add_table(self, database: str, table: Document, *, lenient: bool = False) -> None:
        """Raises Failed."""
        name = table["Name"]
        self.judge.may("glue:CreateTable", database, name)
        try:
            await self.catalog.add_table(database, table)
        except NotThere as fault:
            not_there(fault, database, name)
        except AlreadyThere:
            if not lenient:
                raise there_already(f"Table {name} already exists") from None


def not_there(fault: NotThere, database: str, table: str) -> NoReturn:
    if fault.kind == "Database":
        raise semantic(10072, f"Database does not exist: {database}") from None
    raise semantic(10001, f"Table not found {database}.{table}") from None
