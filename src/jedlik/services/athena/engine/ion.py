"""Tables of Ion text, as exports write it: made lines of JSON, and read as those."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO, cast

import duckdb
import orjson

from jedlik.services.athena.engine import json_lines
from jedlik.services.athena.engine.faults import Refused
from jedlik.services.dynamodb.ion_text import BadIon, Incomplete, ion_structs

Table = dict[str, Any]
Files = list[list[str]]


def ion(connection: duckdb.DuckDBPyConnection, table: Table, files: Files) -> str:
    """The SELECT that reads them."""
    made = []
    for path, uri in files:
        target = f"{path.removesuffix('.gz')}.ion.json"
        try:
            _convert(path, target)
        except BadIon as fault:
            raise Refused(f"HIVE_BAD_DATA: {fault} in {uri}") from None
        made.append([target, uri])
    for (path, _), (target, _) in zip(files, made, strict=True):
        Path(path).unlink()
        Path(target).rename(path.removesuffix(".gz"))
    return json_lines.read(
        connection, table, [[path.removesuffix(".gz"), uri] for path, uri in files]
    )


def _convert(path: str, target: str) -> None:
    opener = gzip.open if path.endswith(".gz") else open
    with cast(TextIO, opener(path, "rt", encoding="utf-8")) as file, open(target, "wb") as out:
        held = ""
        for line in file:
            held += line
            try:
                found = ion_structs(held)
            except Incomplete:
                continue  # it goes on in the next line
            held = ""
            for each in found:
                out.write(orjson.dumps(_plain({"M": each})) + b"\n")
        if held.strip():
            raise BadIon("the text breaks off")


def _plain(value: dict[str, Any]) -> Any:
    """An attribute value as JSON has it."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: _plain(each) for name, each in content.items()}
    if kind == "L":
        return [_plain(each) for each in content]
    if kind == "N":
        return _number(content)
    if kind == "NS":
        return [_number(each) for each in content]
    if kind == "NULL":
        return None
    return content


def _number(text: str) -> Any:
    """Numbers that JSON's would not keep are text, which DuckDB reads as well."""
    number = Decimal(text)
    if number == number.to_integral_value() and abs(number) < 2**53:
        return int(number)
    return text
