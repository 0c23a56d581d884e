"""What comes of a query: a CSV of its rows as Athena writes values, or files for a table."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb

from jedlik.services.athena.engine.faults import Refused
from jedlik.services.athena.sql.hive_types import literal, quoted

RESULT = "result.csv"
_ROWS = 2000
_ATHENA = {
    "integer": ("integer", 10, 0),
    "tinyint": ("tinyint", 3, 0),
    "smallint": ("smallint", 5, 0),
    "bigint": ("bigint", 19, 0),
    "hugeint": ("bigint", 19, 0),
    "utinyint": ("smallint", 5, 0),
    "usmallint": ("integer", 10, 0),
    "uinteger": ("bigint", 19, 0),
    "ubigint": ("bigint", 19, 0),
    "double": ("double", 17, 0),
    "float": ("float", 17, 0),
    "boolean": ("boolean", 0, 0),
    "varchar": ("varchar", 2147483647, 0),
    "date": ("date", 0, 0),
    "timestamp": ("timestamp", 3, 0),
    "timestamp_s": ("timestamp", 3, 0),
    "timestamp_ms": ("timestamp", 3, 0),
    "timestamp_ns": ("timestamp", 3, 0),
    "timestamp with time zone": ("timestamp with time zone", 3, 0),
    "time": ("time", 3, 0),
    "blob": ("varbinary", 1073741824, 0),
    "json": ("json", 0, 0),
    "uuid": ("uuid", 0, 0),
    "interval": ("interval day to second", 0, 0),
    "list": ("array", 0, 0),
    "array": ("array", 0, 0),
    "map": ("map", 0, 0),
    "struct": ("row", 0, 0),
    "tuple": ("row", 0, 0),
}
_HIVE = {"integer": "int", "varchar": "string", "varbinary": "binary", "json": "string"}
_HIVE |= {"uuid": "string", "time": "string", "timestamp with time zone": "timestamp"}
_SHORT = ("HUGEINT", "UBIGINT", "UINTEGER", "UHUGEINT")
"""Athena has no integers beyond 64 bits: a sum of BIGINTs is one."""

Formatter = Callable[[Any], str]


def to_csv(connection: duckdb.DuckDBPyConnection, sql: str, folder: str) -> dict[str, Any]:
    """Write the rows to result.csv. The values of a null are empty, others quoted."""
    names, kinds, sql = _columns(connection, sql)
    reader = connection.execute(sql)
    columns = [_told(name, kind) for name, kind in zip(names, kinds, strict=True)]
    formats = [_formatter(kind) for kind in kinds]
    count = 0
    with open(os.path.join(folder, RESULT), "w", encoding="utf-8", newline="") as out:
        out.write(",".join(_quoted(name) for name in names) + "\n")
        while rows := reader.fetchmany(_ROWS):
            count += len(rows)
            out.write(
                "".join(
                    ",".join(
                        "" if value is None else _quoted(show(value))
                        for show, value in zip(formats, row, strict=True)
                    )
                    + "\n"
                    for row in rows
                )
            )
    return {"columns": columns, "rows": count, "files": [RESULT]}


def _columns(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[Any], str]:
    """Names and types of the query's columns, and the query with types that Athena has."""
    described = connection.execute(f"DESCRIBE {sql}").fetchall()
    names, shown = [], []
    for place, row in enumerate(described):
        written = row[0]
        # translate.py marks what has no name of its own.
        names.append(f"_col{place}" if written.startswith("_col$") else written)
        column, kind = f"r.c{place}", row[1]
        if kind in _SHORT:
            column = f"CAST({column} AS BIGINT)"
        elif kind == "TIMESTAMP WITH TIME ZONE":
            column = f"strftime({column}, '%Y-%m-%d %H:%M:%S.%g UTC')"
        elif "WITH TIME ZONE" in kind:
            column = f"CAST({column} AS {kind.replace(' WITH TIME ZONE', '')})"
        elif kind == '"NULL"':
            column = f"CAST({column} AS VARCHAR)"
        shown.append(f"{column} AS c{place}")
    aliases = ", ".join(f"c{place}" for place in range(len(names)))
    wrapped = f"SELECT {', '.join(shown)} FROM ({sql}) AS r({aliases})"
    kinds: list[Any] = [
        _Zoned() if row[1] == "TIMESTAMP WITH TIME ZONE" else kind
        for row, kind in zip(described, _kinds(connection, wrapped), strict=True)
    ]
    return names, kinds, wrapped


def _kinds(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    described = connection.execute(f"SELECT * FROM ({sql}) LIMIT 0").description
    assert described is not None
    return [each[1] for each in described]


class _Zoned:
    """A timestamp with time zone, which comes as text already."""

    id = "timestamp with time zone"
    children: tuple[Any, ...] = ()


def _told(name: str, kind: Any) -> dict[str, Any]:
    """The column in the API's words, with its type in Hive's."""
    shown, precision, scale = _ATHENA["json"] if str(kind) == "JSON" else _athena(kind)
    return {
        "name": name,
        "type": shown,
        "precision": precision,
        "scale": scale,
        "hive": hive(kind),
    }


def _athena(kind: Any) -> tuple[str, int, int]:
    if kind.id == "decimal":
        (_, precision), (_, scale) = kind.children
        return "decimal", precision, scale
    return _ATHENA.get(kind.id, ("varchar", 2147483647, 0))


def hive(kind: Any) -> str:
    """A type as the catalog writes it."""
    if kind.id == "decimal":
        (_, precision), (_, scale) = kind.children
        return f"decimal({precision},{scale})"
    if kind.id in ("list", "array"):
        return f"array<{hive(kind.children[0][1])}>"
    if kind.id == "map":
        return f"map<{hive(kind.children[0][1])},{hive(kind.children[1][1])}>"
    if kind.id == "struct":
        return f"struct<{','.join(f'{name.lower()}:{hive(part)}' for name, part in kind.children)}>"
    if kind.id == "tuple":
        parts = enumerate(part for _, part in kind.children)
        return f"struct<{','.join(f'field{place}:{hive(part)}' for place, part in parts)}>"
    shown = _athena(kind)[0]
    return _HIVE.get(shown, shown)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _formatter(kind: Any) -> Formatter:
    """How values of a type are written, as Java writes them."""
    if kind.id == "double":
        return java_double
    if kind.id == "float":
        return java_float
    if kind.id == "boolean":
        return lambda value: "true" if value else "false"
    if kind.id.startswith("timestamp") and not isinstance(kind, _Zoned):
        return lambda value: value.isoformat(" ", "milliseconds")
    if kind.id == "interval":
        return _interval
    if kind.id == "time":
        return lambda value: value.isoformat("milliseconds")
    if kind.id == "blob":
        return lambda value: bytes(value).hex(" ")
    if kind.id == "decimal":
        return lambda value: format(value, "f") if isinstance(value, Decimal) else str(value)
    if kind.id in ("list", "array"):
        inner = _nullable(_formatter(kind.children[0][1]))
        return lambda value: "[" + ", ".join(map(inner, value)) + "]"
    if kind.id == "map":
        key, inner = (_nullable(_formatter(part)) for _, part in kind.children)
        return lambda value: "{" + ", ".join(f"{key(k)}={inner(v)}" for k, v in value.items()) + "}"
    if kind.id == "tuple" or _is_unnamed(kind):
        shows = [_nullable(_formatter(part)) for _, part in kind.children]

        def bare(value: Any) -> str:
            given = value.values() if isinstance(value, dict) else value
            return "{" + ", ".join(show(one) for show, one in zip(shows, given, strict=True)) + "}"

        return bare
    if kind.id == "struct":
        parts = [(name, _nullable(_formatter(part))) for name, part in kind.children]
        return lambda value: (
            "{" + ", ".join(f"{name.lower()}={show(value[name])}" for name, show in parts) + "}"
        )
    return str


def _is_unnamed(kind: Any) -> bool:
    """Whether it is ROW(…) without names, which sqlglot numbers. Trino's client shows such values
    alone (its Row.toString)."""
    return kind.id == "struct" and all(
        name == f"_{place}" for place, (name, _) in enumerate(kind.children)
    )


def _interval(value: Any) -> str:
    """1 02:03:04.005"""
    milliseconds = value // timedelta(milliseconds=1)
    sign, milliseconds = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    days, rest = divmod(milliseconds, 86_400_000)
    seconds, thousandths = divmod(rest, 1000)
    hours, seconds = divmod(seconds, 3600)
    return f"{sign}{days} {hours:02}:{seconds // 60:02}:{seconds % 60:02}.{thousandths:03}"


def _nullable(show: Formatter) -> Formatter:
    return lambda value: "null" if value is None else show(value)


def java_double(value: float) -> str:
    """As Java's Double.toString: 1.0, 1.0E10, NaN."""
    return _java(repr(value), value)


def java_float(value: float) -> str:
    """The same for one of 32 bits: with no more digits than it takes to tell it."""
    if math.isfinite(value):
        for digits in range(1, 10):
            text = f"{value:.{digits}g}"
            try:
                if struct.pack("f", float(text)) == struct.pack("f", value):
                    return _java(repr(float(text)), value)
            except OverflowError:
                continue
    return _java(repr(value), value)


def _java(text: str, value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return text if "e" not in text else format(Decimal(text), "f")
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    shown = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + exponent - 1
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{power}"


def described(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The columns of a query, which is not run."""
    names, kinds, _ = _columns(connection, sql)
    columns = [_told(name, kind) for name, kind in zip(names, kinds, strict=True)]
    return {"columns": columns, "rows": 0, "files": []}


def to_files(
    connection: duckdb.DuckDBPyConnection, sql: str, folder: str, output: dict[str, Any]
) -> dict[str, Any]:
    """Write the rows as files for a table. output: {"format", "compression", "delimiter",
    "partitioned_by", "columns": [[name, Hive's type], …] or None}; files: [path, row count]."""
    names, kinds, sql = _columns(connection, sql)
    unnamed = [name for name in names if name.startswith("_col")]
    if output["columns"] is None and unnamed and output["names_needed"]:
        raise Refused("MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1")
    columns = [_told(name, kind) for name, kind in zip(names, kinds, strict=True)]
    keys = output["partitioned_by"]
    if output["columns"] is not None:
        wanted = output["columns"]
        if len(wanted) != len(names):
            raise Refused(
                "TYPE_MISMATCH: line 1:1: Mismatch at column 1: Insert query has "
                f"{len(names)} columns but {len(wanted)} are wanted"
            )
        targets = [(name, kind) for name, kind in wanted]
    else:
        if [name.lower() for name in names[len(names) - len(keys) :]] != keys:
            raise Refused(
                "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table "
                "and in the same order as the table properties: " + str(keys).replace("'", "")
            )
        targets = [(name.lower(), "") for name in names]
    shown = [
        f"CAST(c{place} AS {kind}) AS {quoted(name)}" if kind else f"c{place} AS {quoted(name)}"
        for place, (name, kind) in enumerate(targets)
    ]
    source = f"SELECT {', '.join(shown)} FROM ({sql})"
    options = _copy_options(output)
    target = os.path.join(folder, "out" if keys else f"out.{output['ending']}")
    if keys:
        options.append(f"PARTITION_BY ({', '.join(quoted(key) for key in keys)})")
        options.append(f"FILE_EXTENSION {literal(output['ending'])}")
    count = connection.execute(f"COPY ({source}) TO {literal(target)} ({', '.join(options)})")
    rows = count.fetchall()[0][0]
    files = []
    if keys:
        for place, _, found in os.walk(target):
            files += [os.path.relpath(os.path.join(place, name), folder) for name in found]
    elif rows:
        files = [os.path.basename(target)]
    return {"columns": columns, "rows": rows, "files": sorted(files)}


def _copy_options(output: dict[str, Any]) -> list[str]:
    compression = output["compression"]
    if output["format"] == "PARQUET":
        return ["FORMAT PARQUET", f"COMPRESSION {compression}"]
    if output["format"] == "JSON":
        return ["FORMAT JSON", f"COMPRESSION {compression}"]
    return [
        "FORMAT CSV",
        "HEADER false",
        f"DELIMITER {literal(output['delimiter'])}",
        "QUOTE ''",
        "ESCAPE ''",
        "NULLSTR '\\N'",
        f"COMPRESSION {compression}",
    ]
