"""ALTER and MSCK REPAIR: what changes databases, tables and partitions that are there."""

from __future__ import annotations

from urllib.parse import unquote

from jedlik.services.athena import tables
from jedlik.services.athena.outcome import Outcome
from jedlik.services.athena.reach import Reach, not_there
from jedlik.services.athena.requests import split_location
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.faults import Failed, ddl_failed, semantic, there_already
from jedlik.services.glue import Document, NotThere


class Altering:
    """For one query."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def alter(self, statement: said.Alter) -> Outcome:
        if statement.change == "database_properties":
            name = statement.name.table.lower()
            self._reach.judge.may("glue:UpdateDatabase", name)

            def with_properties(old: Document) -> Document:
                kept = old.get("Parameters") or {}
                return {**old, "Parameters": {**kept, **statement.properties}}

            try:
                await self._reach.catalog.change_database(name, with_properties)
            except NotThere as fault:
                not_there(fault, name, "")
            return Outcome()
        table = await self._reach.found(statement.name)
        if statement.partitions:
            await self._alter_partitions(statement, table)
            return Outcome()
        self._reach.judge.may("glue:UpdateTable", table["DatabaseName"], table["Name"])
        await self._reach.catalog.change_table(
            table["DatabaseName"], table["Name"], lambda old: _altered(statement, old)
        )
        return Outcome()

    async def _alter_partitions(self, statement: said.Alter, table: Document) -> None:
        place = table["DatabaseName"], table["Name"]
        which = statement.partitions[0][0]
        if statement.change == "add_partitions":
            self._reach.judge.may("glue:BatchCreatePartition", *place)
            new = [_partition(table, _values(table, w), at) for w, at in statement.partitions]
            there = await self._reach.catalog.add_partitions(table, new)
            if there and not statement.lenient:
                raise there_already("Partition already exists.")
            return
        try:
            if statement.change == "drop_partitions":
                self._reach.judge.may("glue:DeletePartition", *place)
                await self._drop_partitions(statement, table)
            elif statement.change == "rename_partition":
                self._reach.judge.may("glue:UpdatePartition", *place)
                values = _values(table, statement.partitions[1][0])
                await self._reach.catalog.change_partition(
                    table, _values(table, which), {"Values": values}
                )
            else:
                self._reach.judge.may("glue:UpdatePartition", *place)
                old = await self._reach.catalog.partition(table, _values(table, which))
                storage = {**(old.get("StorageDescriptor") or {}), "Location": statement.text}
                await self._reach.catalog.change_partition(
                    table, old["Values"], {"StorageDescriptor": storage}
                )
        except NotThere as fault:
            raise semantic(10006, f"Partition not found ({fault.name})") from None

    async def _drop_partitions(self, statement: said.Alter, table: Document) -> None:
        """Every partition that has the values given; they need not name all keys."""
        names = [key["Name"].lower() for key in tables.keys_of(table)]
        for which, _ in statement.partitions:
            gone = 0
            for each in await self._reach.catalog.partitions(table):
                has = dict(zip(names, each["Values"], strict=False))
                if all(has.get(key) == value for key, value in which.items()):
                    await self._reach.catalog.delete_partition(table, each["Values"])
                    gone += 1
            if not gone and not statement.lenient:
                raise NotThere("Partition", ", ".join(f"{k}={v}" for k, v in which.items()))

    async def repair(self, statement: said.Repair) -> Outcome:
        """Partitions for all folders "key=value/" that hold objects and are not known yet."""
        table = await self._reach.found(statement.name)
        self._reach.judge.may("glue:BatchCreatePartition", table["DatabaseName"], table["Name"])
        keys = [key["Name"].lower() for key in tables.keys_of(table)]
        location = (table.get("StorageDescriptor") or {}).get("Location") or ""
        if not keys:
            return Outcome()
        known = {tuple(each["Values"]) for each in await self._reach.catalog.partitions(table)}
        found: dict[tuple[str, ...], str] = {}
        _, prefix = split_location(location)
        for each in await tables.objects_below(location, self._reach.objects, self._reach.judge):
            parts = each.key[len(prefix) :].split("/")[: len(keys)]
            named = [part.partition("=") for part in parts]
            if len(parts) == len(keys) and [name.lower() for name, _, _ in named] == keys:
                values = tuple(unquote(value) for _, _, value in named)
                found.setdefault(values, f"s3://{each.bucket}/{prefix}{'/'.join(parts)}/")
        new = {values: place for values, place in found.items() if values not in known}
        await self._reach.catalog.add_partitions(
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
                raise ddl_failed(f"Duplicate column name: {each['Name']}")
        columns += statement.columns
    else:
        places = [place for place, each in enumerate(columns) if each["Name"] == statement.text]
        if not places:
            raise semantic(10002, "Invalid column reference " + statement.text)
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
