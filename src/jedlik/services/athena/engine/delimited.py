"""Tables of text: Hive's own delimited form, CSV with quotes, lines by a regular expression."""

from __future__ import annotations

import csv
import gzip
from typing import Any, TextIO, cast

import duckdb

from jedlik.services.athena.engine.faults import Refused
from jedlik.services.athena.sql.hive_types import HiveType, literal, parse_type, quoted

Table = dict[str, Any]
Files = list[list[str]]
LINE_BYTES_MAX = 16 << 20
NEVER = "\0"
"""Stands in no text: with it as the delimiter a line is one value."""
_SAMPLE_LINES = 200


def lazy(connection: duckdb.DuckDBPyConnection, table: Table, files: Files) -> str:
    """LazySimpleSerDe: no quotes; what cannot be read is null, missing columns too."""
    options = table["options"]
    delimiter = options.get("field.delim") or options.get("serialization.format") or "\x01"
    if delimiter == "1" and "field.delim" not in options:
        delimiter = "\x01"
    inside = [
        options.get("colelction.delim") or options.get("collection.delim") or "\x02",
        options.get("mapkey.delim") or "\x03",
        *(chr(code) for code in range(4, 9)),
    ]
    null = options.get("serialization.null.format", "\\N")
    escape = options.get("escape.delim", "")
    parts = "str_split(line, " + literal(delimiter) + ")"
    if escape:
        # An escaped delimiter is hidden from the cutting, and comes back without its escape.
        hidden = "\x1e"
        parts = (
            f"list_transform(str_split(replace(line, {literal(escape + delimiter)}, "
            f"{literal(hidden)}), {literal(delimiter)}), "
            f"lambda x: replace(replace(x, {literal(hidden)}, {literal(delimiter)}), "
            f"{literal(escape * 2)}, {literal(escape)}))"
        )
    shown = []
    for place, column in enumerate(table["columns"], 1):
        value = f"nullif(parts[{place}], {literal(null)})"
        value = _value(value, parse_type(column["type"]), inside)
        shown.append(f"{value} AS {quoted(column['name'])}")
    path = ", filename" if table["wants_path"] else ""
    source = f"SELECT {parts} AS parts{path} FROM {_lines(table, files)}"
    return f"SELECT {', '.join(shown)}{path} FROM ({source})"


def _value(text: str, kind: HiveType, delimiters: list[str]) -> str:
    """The SQL of a value from its text; delimiters: of what is inside, the outermost first."""
    first, *rest = delimiters or ["\x08"]
    if kind.name == "array":
        inner = _value("x", kind.parts[0], rest)
        return (
            f"CASE WHEN {text} IS NULL THEN NULL WHEN {text} = '' THEN [] ELSE "
            f"list_transform(str_split({text}, {literal(first)}), lambda x: {inner}) END"
        )
    if kind.name == "map":
        between = rest[0] if rest else "\x03"
        key = _value(f"split_part(x, {literal(between)}, 1)", kind.parts[0], rest[1:])
        value = _value(f"split_part(x, {literal(between)}, 2)", kind.parts[1], rest[1:])
        return (
            f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL ELSE map_from_entries("
            f"list_transform(str_split({text}, {literal(first)}), "
            f"lambda x: {{'key': {key}, 'value': {value}}})) END"
        )
    if kind.name == "struct":
        fields = [
            f"{quoted(name.lower())} := "
            + _value(f"str_split({text}, {literal(first)})[{place}]", part, rest)
            for place, (name, part) in enumerate(zip(kind.fields, kind.parts, strict=True), 1)
        ]
        return f"struct_pack({', '.join(fields)})"
    if kind.duckdb == "VARCHAR":
        return text
    if kind.duckdb == "BLOB":
        return f"encode({text})"
    return f"TRY_CAST({text} AS {kind.duckdb})"


def regex(connection: duckdb.DuckDBPyConnection, table: Table, files: Files) -> str:
    """RegexSerDe: a group for each column; a line that does not match is a row of nulls."""
    pattern = table["options"].get("input.regex")
    if not pattern:
        raise Refused("HIVE_INVALID_METADATA: input.regex is missing")
    path = ", filename" if table["wants_path"] else ""
    shown = []
    for place, column in enumerate(table["columns"], 1):
        value = (
            f"CASE WHEN regexp_full_match(line, {literal(pattern)}) "
            f"THEN regexp_extract(line, {literal('^(?:' + pattern + ')$')}, {place}) END"
        )
        shown.append(f"{_value(value, parse_type(column['type']), [])} AS {quoted(column['name'])}")
    return f"SELECT {', '.join(shown)}{path} FROM {_lines(table, files)}"


def _lines(table: Table, files: Files) -> str:
    return (
        f"read_csv({_list(files)}, auto_detect=false, header=false, delim={literal(NEVER)}, "
        f"quote='', escape='', columns={{'line': 'VARCHAR'}}, skip={_skipped(table)}, "
        f"max_line_size={LINE_BYTES_MAX}, nullstr='', strict_mode=false"
        + (", filename=true)" if table["wants_path"] else ")")
    )


def opencsv(connection: duckdb.DuckDBPyConnection, table: Table, files: Files) -> str:
    """OpenCSVSerde: quotes; dates are days and timestamps milliseconds since 1970, as in AWS."""
    options = table["options"]
    separator = options.get("separatorChar", ",")
    quote = options.get("quoteChar", '"')
    escape = options.get("escapeChar", "\\")
    count, uses_escape = _sampled(files[0][0], separator, quote, escape)
    if not uses_escape:
        escape = quote  # a quote inside is doubled
    count = max(count, len(table["columns"]))
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(count))
    shown = []
    for place, column in enumerate(table["columns"]):
        shown.append(f"{_csv_value(f'c{place}', column)} AS {quoted(column['name'])}")
    if table["wants_path"]:
        shown.append("filename")
    return (
        f"SELECT {', '.join(shown)} FROM read_csv({_list(files)}, auto_detect=false, header=false, "
        f"delim={literal(separator)}, quote={literal(quote)}, escape={literal(escape)}, "
        f"columns={{{columns}}}, skip={_skipped(table)}, null_padding=true, strict_mode=false, "
        f"max_line_size={LINE_BYTES_MAX}, nullstr={literal('jedlik-' + NEVER)}"
        + (", filename=true)" if table["wants_path"] else ")")
    )


def _csv_value(value: str, column: dict[str, str]) -> str:
    kind = parse_type(column["type"])
    if kind.parts:
        raise Refused(
            f"HIVE_INVALID_METADATA: OpenCSVSerde cannot read column {column['name']} of type "
            f"{kind.hive}"
        )
    if kind.duckdb == "VARCHAR":
        return value
    if kind.duckdb == "DATE":
        return f"DATE '1970-01-01' + CAST({value} AS INTEGER)"
    if kind.duckdb == "TIMESTAMP":
        return f"make_timestamp(CAST({value} AS BIGINT) * 1000)"
    return f"CAST({value} AS {kind.duckdb})"


def _sampled(path: str, separator: str, quote: str, escape: str) -> tuple[int, bool]:
    """The most columns of the first lines, and whether they escape quotes."""
    opener = gzip.open if path.endswith(".gz") else open
    with cast(TextIO, opener(path, "rt", encoding="utf-8", errors="replace", newline="")) as file:
        lines = [line for _, line in zip(range(_SAMPLE_LINES), file, strict=False)]
    uses_escape = any(escape + quote in line for line in lines)
    count = 0
    try:
        for row in csv.reader(lines, delimiter=separator, quotechar=quote):
            count = max(count, len(row))
    except (csv.Error, TypeError):
        count = max(line.count(separator) + 1 for line in lines)
    return count, uses_escape


def _skipped(table: Table) -> int:
    try:
        return int(table["options"].get("skip.header.line.count", 0))
    except ValueError:
        return 0


def _list(files: Files) -> str:
    return "[" + ", ".join(literal(path) for path, _ in files) + "]"
