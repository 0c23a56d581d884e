"""Tables of the catalog as queries meet them: columns, SerDes, views, objects."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from jedlik.api.errors import ApiError
from jedlik.services.athena.judging import Judge
from jedlik.services.athena.limits import FILES_MAX
from jedlik.services.athena.requests import split_location
from jedlik.services.athena.sql.faults import Failed
from jedlik.services.glue import Document
from jedlik.services.s3 import Objects

_SERDES = {
    "org.openx.data.jsonserde.JsonSerDe": "json",
    "org.apache.hive.hcatalog.data.JsonSerDe": "json",
    "org.apache.hadoop.hive.serde2.JsonSerDe": "json",
    "com.amazonaws.glue.serde.JsonSerDe": "json",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": "parquet",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": "lazy",
    "org.apache.hadoop.hive.serde2.MultiDelimitSerDe": "lazy",
    "org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe": "lazy",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde": "opencsv",
    "org.apache.hadoop.hive.serde2.RegexSerDe": "regex",
    "org.apache.hadoop.hive.contrib.serde2.RegexSerDe": "regex",
    "com.amazon.ionhiveserde.IonHiveSerDe": "ion",
}
VIEW = re.compile(r"/\* Presto View: (.*) \*/", re.DOTALL)
_HIDDEN = re.compile(r"(?:^|/)[_.][^/]*$")


class Found(NamedTuple):
    """An object of a table."""

    bucket: str
    key: str
    size: int

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Group(NamedTuple):
    """A partition, or all of a table that has none."""

    values: Sequence[str]
    files: list[Found]


def is_view(table: Document) -> bool:
    return table.get("TableType") == "VIRTUAL_VIEW"


def view_sql(table: Document) -> tuple[str, str]:
    """The query of a view, and the database that it was made in. Raises Failed."""
    text = table.get("ViewOriginalText") or ""
    found = VIEW.fullmatch(text)
    if found is None:
        return table.get("ViewExpandedText") or text, table["DatabaseName"]
    try:
        view = orjson.loads(base64.b64decode(found[1]))
        return view["originalSql"], view.get("schema") or table["DatabaseName"]
    except (ValueError, KeyError):
        raise Failed(f"INVALID_VIEW: View '{table['Name']}' cannot be read") from None


def view_table(name: str, database: str, sql: str, columns: list[dict[str, Any]]) -> Document:
    """Glue's TableInput of a view, as Athena stores them."""
    view = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": each["name"], "type": each["type"]} for each in columns],
    }
    encoded = base64.b64encode(orjson.dumps(view)).decode()
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": each["name"], "Type": each["hive"]} for each in columns],
            "Location": "",
            "SerdeInfo": {},
        },
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
    }


def columns_of(table: Document) -> list[Document]:
    return list((table.get("StorageDescriptor") or {}).get("Columns") or ())


def keys_of(table: Document) -> list[Document]:
    return list(table.get("PartitionKeys") or ())


def serde_of(table: Document) -> tuple[str, dict[str, str]]:
    """The engine's word for a table's SerDe, and its options. Raises Failed."""
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    library = serde.get("SerializationLibrary") or ""
    found = _SERDES.get(library)
    parameters = table.get("Parameters") or {}
    if found is None:
        if "ICEBERG" in (parameters.get("table_type") or "").upper():
            raise Failed("NOT_SUPPORTED: Iceberg tables cannot be read here", type=1004)
        raise Failed(
            f"NOT_SUPPORTED: tables of {library or 'no SerDe'} cannot be read here", type=1004
        )
    if (parameters.get("projection.enabled") or "").lower() == "true":
        raise Failed("NOT_SUPPORTED: partition projection is not there", type=1004)
    return found, {**parameters, **(serde.get("Parameters") or {})}


async def groups_of(
    table: Document, partitions: Sequence[Document], objects: Objects, judge: Judge
) -> list[Group]:
    """The objects of a table, by partition. Raises Failed."""
    location = (table.get("StorageDescriptor") or {}).get("Location") or ""
    if not keys_of(table):
        return [Group((), await objects_below(location, objects, judge))]
    found = []
    for partition in partitions:
        place = (partition.get("StorageDescriptor") or {}).get("Location")
        place = place or f"{location.rstrip('/')}/{partition_path(table, partition['Values'])}"
        found.append(Group(partition["Values"], await objects_below(place, objects, judge)))
    return found


async def objects_below(location: str, objects: Objects, judge: Judge) -> list[Found]:
    """The objects of a folder that are data: not those whose names begin with "_" or "."."""
    try:
        bucket, prefix = split_location(location)
    except ApiError:
        raise Failed(f"HIVE_INVALID_METADATA: {location} is no location in S3") from None
    await judge.may_list(bucket, prefix)
    found = []
    try:
        async for info in objects.list(bucket, prefix=prefix):
            if not info.size or _HIDDEN.search(info.key):
                continue
            await judge.may_read(bucket, info.key)
            found.append(Found(bucket, info.key, info.size))
            if len(found) > FILES_MAX:
                raise Failed(f"NOT_SUPPORTED: more than {FILES_MAX} objects in a folder", type=1004)
    except ApiError as refusal:
        raise Failed(
            f"{refusal.message} (Service: Amazon S3; Status Code: {refusal.status}; Error Code: "
            f"{refusal.code}) on S3 path: {location}",
            type=1003,
        ) from None
    return found


def partition_path(table: Document, values: Sequence[str]) -> str:
    """year=2024/month=1/"""
    named = zip(keys_of(table), values, strict=False)
    return "".join(f"{key['Name']}={value}/" for key, value in named)
