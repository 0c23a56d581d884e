"""What queries do that leave something behind: CREATE TABLE … AS, INSERT INTO, UNLOAD, CREATE VIEW,
and plain SELECTs, which leave their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jedlik.services.athena import process, results, tables
from jedlik.services.athena.delivery import Delivery, output_of
from jedlik.services.athena.outcome import Outcome
from jedlik.services.athena.planning import Planner
from jedlik.services.athena.reach import Reach
from jedlik.services.athena.records import Execution
from jedlik.services.athena.requests import split_location
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.ddl import FORMATS, LAZY
from jedlik.services.athena.sql.faults import Failed
from jedlik.services.athena.sql.hive_types import parse_type, quoted
from jedlik.services.athena.sql.statements import Statement
from jedlik.services.glue import Document, NotThere

_KNOWN = {
    "bucket_count",
    "bucketed_by",
    "compression",
    "compression_level",
    "external_location",
    "field_delimiter",
    "format",
    "parquet_compression",
    "partitioned_by",
    "table_type",
    "is_external",
    "write_compression",
}


class Making:
    """Runs the queries of one execution."""

    def __init__(
        self,
        execution: Execution,
        reach: Reach,
        planner: Planner,
        *,
        memory_mb: int,
        planned: Callable[[int], None],
    ) -> None:
        """planned: told the bytes that will be read, before the engine begins."""
        self._execution, self._reach, self._planner = execution, reach, planner
        self._memory_mb, self._planned = memory_mb, planned
        self._delivery = Delivery(execution, reach, planner.folder)

    async def run(self, statement: Statement, parameters: Sequence[str]) -> Outcome:
        """Raises Failed, Malformed."""
        if isinstance(statement, said.Query):
            return await self._select(statement.sql, parameters)
        if isinstance(statement, said.Explain):
            return await self._explain(statement, parameters)
        if isinstance(statement, said.CreateView):
            return await self._create_view(statement)
        if isinstance(statement, said.CreateTableAs):
            return await self._create_table_as(statement, parameters)
        if isinstance(statement, said.Insert):
            return await self._insert(statement, parameters)
        assert isinstance(statement, said.Unload)
        return await self._unload(statement, parameters)

    async def _engine(
        self, sql: str, parameters: Sequence[str], output: dict[str, Any], *, reads: bool = True
    ) -> dict[str, Any]:
        plan = await self._planner.plan(sql, parameters, output)
        if reads:
            self._planned(self._planner.scanned)
        await self._planner.place()
        return await process.run(plan, memory_mb=self._memory_mb)

    async def _select(self, sql: str, parameters: Sequence[str]) -> Outcome:
        told = await self._engine(sql, parameters, {"kind": "csv"})
        bucket, key = results.location_of(self._execution, ".csv")
        await self._delivery.upload(told["files"][0], bucket, key, "text/csv")
        return Outcome(
            told["columns"],
            kind="csv",
            rows=told["rows"],
            scanned=self._planner.scanned,
            location=f"s3://{bucket}/{key}",
            update_count=0,
        )

    async def _explain(self, statement: said.Explain, parameters: Sequence[str]) -> Outcome:
        output = {"kind": "explain", "analyze": statement.analyze}
        told = await self._engine(statement.sql, parameters, output)
        column = {"name": "Query Plan", "type": "varchar", "precision": 0, "scale": 0}
        return Outcome([column], told["text"].split("\n"), scanned=self._planner.scanned)

    async def _create_view(self, statement: said.CreateView) -> Outcome:
        database, name = self._reach.full(statement.name)
        judge, catalog = self._reach.judge, self._reach.catalog
        judge.may("glue:CreateTable", database, name)
        told = await self._engine(statement.sql, (), {"kind": "describe"}, reads=False)
        for place, column in enumerate(told["columns"], 1):
            if column["name"].startswith("_col"):
                raise Failed(
                    f"MISSING_COLUMN_NAME: line 1:1: Column name not specified at position {place}"
                )
        made = tables.view_table(name, database, statement.sql, told["columns"])
        there = {each["Name"]: each for each in await self._reach.catalog.tables(database)}
        if name in there and (not statement.replace or not tables.is_view(there[name])):
            kind = "View" if tables.is_view(there[name]) else "Table"
            raise Failed(f"{kind} already exists: '{database}.{name}'")
        if name in there:
            await catalog.change_table(database, name, lambda old: {**old, **made})
        else:
            await self._reach.add_table(database, made)
        return Outcome()

    async def _create_table_as(
        self, statement: said.CreateTableAs, parameters: Sequence[str]
    ) -> Outcome:
        database, name = self._reach.full(statement.name)
        self._reach.judge.may("glue:CreateTable", database, name)
        given = statement.properties
        unknown = {*given} - _KNOWN
        if unknown:
            raise Failed(
                f"INVALID_TABLE_PROPERTY: line 1:1: Catalog 'awsdatacatalog' table property "
                f"'{min(unknown)}' does not exist"
            )
        if str(given.get("table_type", "HIVE")).upper() != "HIVE":
            raise Failed("NOT_SUPPORTED: Iceberg tables cannot be made here", type=1004)
        if any(each["Name"] == name for each in await self._database_tables(database)):
            if statement.if_not_exists:
                return Outcome(kind="", update_count=0)
            raise Failed(
                f"TABLE_ALREADY_EXISTS: line 1:1: Table 'awsdatacatalog.{database}.{name}' already "
                "exists"
            )
        bucket, prefix = split_location(self._execution.output)
        place = given.get("external_location") or (
            f"s3://{bucket}/{prefix}tables/{self._execution.id}/"
        )
        place = f"{place.rstrip('/')}/"
        if await tables.objects_below(place, self._reach.objects, self._reach.judge):
            raise Failed(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{database}.{name}' already "
                f"exists: {place}. You may need to manually clean the data at location "
                f"'{self._execution.output}tables/{self._execution.id}' before retrying. Athena "
                "will not delete data in your account."
            )
        keys = [each.lower() for each in given.get("partitioned_by") or ()]
        output = output_of(given, given.get("format", "PARQUET"), keys)
        output["names_needed"] = True
        sql = statement.sql
        if not statement.with_data:
            sql = f"SELECT * FROM ({sql}) AS nothing LIMIT 0"
        told = await self._engine(sql, parameters, output)
        table = _table_of(name, place, output, told["columns"])
        await self._reach.add_table(database, table)
        made = await self._reach.catalog.table(database, name)
        manifest = await self._delivery.files(told["files"], place, output, made)
        location = f"s3://{bucket}/{prefix}tables/{self._execution.id}"
        return self._written(told, manifest, location)

    async def _database_tables(self, database: str) -> list[Document]:
        try:
            return await self._reach.catalog.tables(database)
        except NotThere:
            raise Failed(
                f"SCHEMA_NOT_FOUND: line 1:1: Schema '{database}' does not exist"
            ) from None

    async def _insert(self, statement: said.Insert, parameters: Sequence[str]) -> Outcome:
        table = await self._reach.found(statement.name)
        if tables.is_view(table):
            raise Failed(
                "NOT_SUPPORTED: line 1:1: Inserting into views is not supported", type=1004
            )
        serde, options = tables.serde_of(table)
        columns = [*tables.columns_of(table), *tables.keys_of(table)]
        kinds = {
            each["Name"].lower(): parse_type(each.get("_spelled") or each["Type"]).duckdb
            for each in columns
        }
        keys = [key["Name"].lower() for key in tables.keys_of(table)]
        sql = statement.sql
        if statement.columns:
            sql = _in_order(sql, statement.columns, list(kinds))
        format = {"parquet": "PARQUET", "json": "JSON", "lazy": "TEXTFILE"}.get(serde)
        if format is None:
            raise Failed(f"NOT_SUPPORTED: Cannot write to tables of {serde}", type=1004)
        given = dict(table.get("Parameters") or {})
        given["field_delimiter"] = options.get("field.delim", "\x01")
        output = output_of(given, format, keys)
        output["columns"] = [[name, kind] for name, kind in kinds.items()]
        location = (table.get("StorageDescriptor") or {}).get("Location") or ""
        told = await self._engine(sql, parameters, output)
        manifest = await self._delivery.files(
            told["files"], f"{location.rstrip('/')}/", output, table
        )
        bucket, key = results.location_of(self._execution, "")
        return self._written(told, manifest, f"s3://{bucket}/{key}")

    async def _unload(self, statement: said.Unload, parameters: Sequence[str]) -> Outcome:
        keys = [each.lower() for each in statement.properties.get("partitioned_by") or ()]
        output = output_of(statement.properties, statement.properties["format"], keys)
        place = f"{statement.location.rstrip('/')}/"
        if await tables.objects_below(place, self._reach.objects, self._reach.judge):
            raise Failed(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for table 'unload' already exists: "
                f"{place}"
            )
        told = await self._engine(statement.sql, parameters, output)
        manifest = await self._delivery.files(told["files"], place, output, None)
        bucket, key = results.location_of(self._execution, "")
        return self._written(told, manifest, f"s3://{bucket}/{key}")

    def _written(self, told: dict[str, Any], manifest: str, location: str) -> Outcome:
        """What is told of a statement that has written objects and shows no rows."""
        return Outcome(
            kind="",
            rows=told["rows"],
            scanned=self._planner.scanned,
            manifest=manifest,
            location=location,
            update_count=told["rows"],
        )


def _table_of(
    name: str, place: str, output: dict[str, Any], columns: list[dict[str, Any]]
) -> Document:
    """Glue's TableInput of a table that a query made."""
    format = output["format"]
    serde, *formats = FORMATS[format]
    parameters = {}
    if serde == LAZY:
        parameters["field.delim"] = output["delimiter"]
    made = [{"Name": each["name"].lower(), "Type": each["hive"]} for each in columns]
    count = len(output["partitioned_by"])
    return {
        "Name": name,
        "Owner": "hadoop",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "has_encrypted_data": "false",
            "classification": format.lower().replace("textfile", "csv"),
        },
        "PartitionKeys": made[len(made) - count :],
        "StorageDescriptor": {
            "Columns": made[: len(made) - count],
            "Location": place,
            "InputFormat": formats[0],
            "OutputFormat": formats[1],
            "Compressed": False,
            "NumberOfBuckets": -1,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
        },
    }


def _in_order(sql: str, named: Sequence[str], columns: Sequence[str]) -> str:
    """A query that gives all columns of a table, from one that gives those that are named."""
    unknown = [name for name in named if name not in columns]
    if unknown:
        raise Failed(
            f"COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: "
            f"{unknown[0]}",
            type=1006,
        )
    places = ", ".join(quoted(name) for name in named)
    shown = ", ".join(quoted(name) if name in named else "NULL" for name in columns)
    return f"SELECT {shown} FROM ({sql}) AS given ({places})"
