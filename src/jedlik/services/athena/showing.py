"""What SHOW and DESCRIBE say of the catalog: lines, as Hive lays them out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jedlik.services.athena import tables
from jedlik.services.glue import Document

WIDTH = 20


def text_column(name: str) -> dict[str, Any]:
    """A column of text as the engine would tell it."""
    return {"name": name, "type": "string", "precision": 0, "scale": 0}


def hive_pattern(text: str) -> re.Pattern[str]:
    """A pattern of SHOW TABLES: "*" is anything and "|" is or; everything else is itself, but for
    ".*", which people write for "*"."""
    parts = [
        ".*".join(re.escape(piece) for piece in part.replace(".*", "*").split("*"))
        for part in text.lower().split("|")
    ]
    return re.compile("|".join(f"(?:{part})" for part in parts))


def described(table: Document) -> list[str]:
    """DESCRIBE: a line for each column, and a part for those of partitions."""
    keys = tables.keys_of(table)
    lines = [_column(each) for each in (*tables.columns_of(table), *keys)]
    if keys:
        head = _padded("# col_name", "data_type", "comment")
        lines += [_padded("", "", ""), _padded("# Partition Information", "", ""), head]
        lines += [_padded("", "", ""), *[_column(each) for each in keys]]
    return lines


def described_formatted(table: Document) -> list[str]:
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    lines = [_padded("# col_name", "data_type", "comment"), _padded("", "", "")]
    lines += described(table)
    lines += [_padded("", "", ""), _padded("# Detailed Table Information", "", "")]
    for name, value in (
        ("Database:", table["DatabaseName"]),
        ("Owner:", table.get("Owner", "")),
        ("Location:", storage.get("Location", "")),
        ("Table Type:", table.get("TableType", "")),
    ):
        lines.append(_padded(name, value, ""))
    lines.append(_padded("Table Parameters:", "", ""))
    for name, value in sorted((table.get("Parameters") or {}).items()):
        lines.append(_padded("", name, value))
    lines += [_padded("", "", ""), _padded("# Storage Information", "", "")]
    for name, value in (
        ("SerDe Library:", serde.get("SerializationLibrary", "")),
        ("InputFormat:", storage.get("InputFormat", "")),
        ("OutputFormat:", storage.get("OutputFormat", "")),
    ):
        lines.append(_padded(name, value, ""))
    return lines


def described_view(table: Document) -> list[str]:
    return [f"{each['Name']}\t{each.get('Type', '')}" for each in tables.columns_of(table)]


def _column(column: Document) -> str:
    return _padded(column["Name"], column.get("Type", ""), column.get("Comment", ""))


def _padded(*cells: str) -> str:
    return "\t".join(f"{cell:<{WIDTH}}" for cell in cells)


def created(table: Document) -> list[str]:
    """SHOW CREATE TABLE."""
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    name = f"`{table['DatabaseName']}.{table['Name']}`"
    lines = [f"CREATE EXTERNAL TABLE {name}("]
    lines += _columns(tables.columns_of(table))
    if table.get("Description"):
        lines.append(f"COMMENT {_text(table['Description'])}")
    if tables.keys_of(table):
        lines += ["PARTITIONED BY ( ", *_columns(tables.keys_of(table))]
    lines += ["ROW FORMAT SERDE ", f"  {_text(serde.get('SerializationLibrary', ''))} "]
    options = dict(serde.get("Parameters") or {})
    options.pop("serialization.format", None)
    if options:
        lines += ["WITH SERDEPROPERTIES ( ", *_pairs(options)]
    lines += ["STORED AS INPUTFORMAT ", f"  {_text(storage.get('InputFormat', ''))} "]
    lines += ["OUTPUTFORMAT ", f"  {_text(storage.get('OutputFormat', ''))}"]
    lines += ["LOCATION", f"  {_text(storage.get('Location', ''))}"]
    parameters = dict(table.get("Parameters") or {})
    parameters.pop("EXTERNAL", None)
    if parameters:
        lines += ["TBLPROPERTIES (", *_pairs(parameters)]
    return lines


def _columns(columns: Sequence[Document]) -> list[str]:
    lines = []
    for place, each in enumerate(columns):
        comment = f" COMMENT {_text(each['Comment'])}" if each.get("Comment") else ""
        end = ")" if place == len(columns) - 1 else ", "
        lines.append(f"  `{each['Name']}` {each.get('Type', 'string')}{comment}{end}")
    return lines


def _pairs(of: dict[str, str]) -> list[str]:
    lines = [f"  {_text(name)}={_text(value)}, " for name, value in sorted(of.items())]
    lines[-1] = lines[-1][:-2] + ")"
    return lines


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t")
    return "'" + escaped.replace("\n", "\\n") + "'"
