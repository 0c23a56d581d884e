"""How the objects of a table spell the names of its fields.

Hive's names have no case; DuckDB compares JSON's names letter for letter. So the objects are looked
at: the first of them, and all of them where a field is still not found. What is nowhere found keeps
the spelling of the statement that made the table.
"""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, cast

import orjson

from jedlik.services.athena.sql.hive_types import HiveType, quoted

FIRST_FILES, FIRST_LINES = 3, 200
LINES_MAX = 200_000


class _Spelled:
    """The spelling of a struct's fields as far as it is known, and the same of what is inside."""

    def __init__(self, kind: HiveType) -> None:
        self.kind = kind
        self.inside = [_Spelled(part) for part in kind.parts]
        self.found: dict[str, str] = {}
        self._wanted = {name.lower() for name in kind.fields}

    def look(self, value: Any) -> None:
        if isinstance(value, dict):
            if self.kind.name == "struct":
                for name in value:
                    lower = name.lower()
                    if lower in self._wanted:
                        self.found.setdefault(lower, name)
                for name, part in zip(self.kind.fields, self.inside, strict=True):
                    spelled = self.found.get(name.lower())
                    if spelled is not None and part.kind.parts:
                        part.look(value.get(spelled))
            elif self.kind.name == "map" and self.inside[1].kind.parts:
                for each in value.values():
                    self.inside[1].look(each)
        elif isinstance(value, list) and self.kind.name == "array" and self.inside[0].kind.parts:
            for each in value:
                self.inside[0].look(each)

    @property
    def complete(self) -> bool:
        return len(self.found) == len(self._wanted) and all(each.complete for each in self.inside)

    @property
    def kind_found(self) -> HiveType:
        fields = tuple(self.found.get(name.lower(), name) for name in self.kind.fields)
        return replace(self.kind, fields=fields, parts=tuple(e.kind_found for e in self.inside))


def as_written(shape: HiveType, files: list[str]) -> HiveType:
    """The struct with its fields spelled as the files spell them."""
    spelled = _Spelled(shape)
    for path in files[:FIRST_FILES]:
        for document in _documents(path, FIRST_LINES):
            spelled.look(document)
    looked = 0
    for path in files:
        if spelled.complete or looked >= LINES_MAX:
            break
        for document in _documents(path, LINES_MAX - looked):
            spelled.look(document)
            looked += 1
            if not looked % 100 and spelled.complete:
                break
    return spelled.kind_found


def _documents(path: str, limit: int) -> Iterator[Any]:
    opener = gzip.open if path.endswith(".gz") else bz2.open if path.endswith(".bz2") else open
    with cast(BinaryIO, opener(path, "rb")) as file:
        for number, line in enumerate(file):
            if number >= limit:
                return
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                continue


def duckdb(kind: HiveType) -> str:
    """DuckDB's type with fields as they are spelled."""
    if kind.name == "struct":
        named = zip(kind.fields, kind.parts, strict=True)
        return f"STRUCT({', '.join(f'{quoted(name)} {duckdb(part)}' for name, part in named)})"
    if kind.name == "array":
        return f"{duckdb(kind.parts[0])}[]"
    if kind.name == "map":
        return f"MAP({duckdb(kind.parts[0])}, {duckdb(kind.parts[1])})"
    return kind.duckdb
