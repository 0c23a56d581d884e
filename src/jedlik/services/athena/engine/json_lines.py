"""Tables of JSON, one object a line."""

from __future__ import annotations

from typing import Any

import duckdb

from jedlik.services.athena.engine import spellings
from jedlik.services.athena.sql.hive_types import HiveType, literal, parse_type, quoted

Table = dict[str, Any]
Files = list[list[str]]
OBJECT_BYTES_MAX = 64 << 20


def read(connection: duckdb.DuckDBPyConnection, table: Table, files: Files) -> str:
    """One object a line. Names of fields are compared without their case, as Hive's SerDes do: the
    spelling that the objects have is looked up in them."""
    options = table["options"]
    lenient = options.get("ignore.malformed.json", "").lower() == "true"
    wanted = {}
    for column in table["columns"]:
        name = options.get(f"mapping.{column['name']}", column["named"])
        wanted[column["name"]] = (name, parse_type(column["type"]))
    shape = HiveType(
        "struct",
        (),
        tuple(kind for _, kind in wanted.values()),
        tuple(n for n, _ in wanted.values()),
    )
    found = spellings.as_written(shape, [path for path, _ in files])
    columns, shown = [], []
    for name, (_, kind), written, as_written in zip(
        wanted, wanted.values(), found.fields, found.parts, strict=True
    ):
        columns.append(f"{literal(written)}: {literal(spellings.duckdb(as_written))}")
        value = quoted(written)
        if as_written != kind or kind.parts:
            value = f"CAST({value} AS {kind.duckdb})"
        shown.append(f"{value} AS {quoted(name)}")
    if table["wants_path"]:
        shown.append("filename")
    arguments = [
        _list(files),
        "format='newline_delimited'",
        f"columns={{{', '.join(columns)}}}",
        f"maximum_object_size={OBJECT_BYTES_MAX}",
    ]
    if lenient:
        arguments.append("ignore_errors=true")
    if table["wants_path"]:
        arguments.append("filename=true")
    return f"SELECT {', '.join(shown)} FROM read_json({', '.join(arguments)})"


def _list(files: Files) -> str:
    return "[" + ", ".join(literal(path) for path, _ in files) + "]"
