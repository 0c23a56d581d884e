"""How the objects of a table are read: a SELECT for each SerDe.

    table: {"schema", "name", "serde", "columns": [{"name", "named", "type"}],
            "keys": [{"name", "type"}], "groups": [{"values", "files": [[path, URI], …]}],
            "options": {…}, "wants_path"}

A group is a partition. Types are Hive's, spelled as in the statement that made the table.
"""

from __future__ import annotations

from typing import Any

import duckdb

from jedlik.services.athena.engine import delimited, ion, json_lines
from jedlik.services.athena.engine.faults import Refused
from jedlik.services.athena.sql.hive_types import literal, parse_type, quoted

Table = dict[str, Any]
Files = list[list[str]]
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
PATH = "$path"


def select(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """The SELECT that reads a table."""
    groups = [group for group in table["groups"] if group["files"]]
    if not groups:
        return _nothing(table)
    read = {
        "ion": ion.ion,
        "json": json_lines.read,
        "parquet": _parquet,
        "lazy": delimited.lazy,
        "opencsv": delimited.opencsv,
        "regex": delimited.regex,
    }.get(table["serde"])
    if read is None:
        raise Refused(f"NOT_SUPPORTED: {table['serde']} cannot be read here")
    parts = []
    for group in groups:
        source = read(connection, table, group["files"])
        values = [
            f"{_key_value(value, key)} AS {quoted(key['name'])}"
            for key, value in zip(table["keys"], group["values"], strict=True)
        ]
        shown = [quoted(each["name"]) for each in table["columns"]] + values
        if table["wants_path"]:
            paths = ", ".join(f"{literal(p)}: {literal(u)}" for p, u in group["files"])
            shown.append(f"MAP {{{paths}}}[filename] AS {quoted(PATH)}")
        parts.append(f"SELECT {', '.join(shown)} FROM ({source})")
    return " UNION ALL ".join(parts)


def _nothing(table: Table) -> str:
    columns = [*table["columns"], *table["keys"]]
    shown = [
        f"CAST(NULL AS {parse_type(c['type']).duckdb}) AS {quoted(c['name'])}" for c in columns
    ]
    if table["wants_path"]:
        shown.append(f"CAST(NULL AS VARCHAR) AS {quoted(PATH)}")
    return f"SELECT {', '.join(shown)} WHERE false"


def _key_value(value: str, key: dict[str, str]) -> str:
    kind = parse_type(key["type"]).duckdb
    if value == NO_PARTITION:
        return f"CAST(NULL AS {kind})"
    return f"CAST({literal(value)} AS {kind})"


def _parquet(connection: duckdb.DuckDBPyConnection, table: Table, files: Files) -> str:
    source = f"read_parquet({_list(files)}, union_by_name=true, hive_partitioning=false"
    source += ", filename=true)" if table["wants_path"] else ")"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    there = {row[0].lower(): row[0] for row in described}
    shown = []
    for column in table["columns"]:
        kind = parse_type(column["type"]).duckdb
        written = there.get(column["name"])
        value = "NULL" if written is None else quoted(written)
        shown.append(f"CAST({value} AS {kind}) AS {quoted(column['name'])}")
    if table["wants_path"]:
        shown.append("filename")
    return f"SELECT {', '.join(shown)} FROM {source}"


def _list(files: Files) -> str:
    return "[" + ", ".join(literal(path) for path, _ in files) + "]"
