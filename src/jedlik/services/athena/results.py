"""What comes of queries, in S3: written by `running.py`, read page by page by GetQueryResults.

A CSV has all values quoted but nulls, which are empty. Lines of a .txt are rows of one value.
`.metadata` beside tells the columns, as JSON (AWS's own has another form, which nobody describes).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from jedlik.services.athena.records import Execution
from jedlik.services.athena.requests import split_location
from jedlik.services.s3 import Objects

_PIECE = 256 * 1024

Row = list[str | None]


def column_info(column: dict[str, Any]) -> dict[str, Any]:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column["name"],
        "Label": column["name"],
        "Type": column["type"],
        "Precision": column["precision"],
        "Scale": column["scale"],
        "Nullable": "UNKNOWN",
        "CaseSensitive": column["type"] in ("varchar", "char", "string"),
    }


def metadata(columns: list[dict[str, Any]]) -> bytes:
    return msgspec.json.encode([column_info(each) for each in columns])


async def rows(
    objects: Objects, of: Execution, *, start: int, limit: int
) -> tuple[list[Row], int | None]:
    """Up to `limit` rows from the byte `start` on, and where the next ones begin."""
    bucket, key = of.location.removeprefix("s3://").split("/", 1)
    reader = _Reader(objects.read(bucket, key, start=start), csv=of.kind == "csv")
    found: list[Row] = []
    async for row in reader.rows():
        found.append(row)
        if len(found) == limit:
            break
    end = start + reader.read_bytes
    return found, end if await reader.more() else None


class _Reader:
    """Takes rows apart as the pieces of an object come."""

    def __init__(self, pieces: AsyncIterator[bytes], *, csv: bool) -> None:
        self._pieces, self._csv = pieces, csv
        self._held = b""
        self._at = 0
        self._done = False
        self.read_bytes = 0

    async def more(self) -> bool:
        while self._at >= len(self._held) and not self._done:
            await self._fill()
        await self._pieces.aclose()  # type: ignore[attr-defined]
        return self._at < len(self._held)

    async def rows(self) -> AsyncIterator[Row]:
        while True:
            end = self._line_end()
            while end < 0 and not self._done:
                await self._fill()
                end = self._line_end()
            if end < 0:
                end = len(self._held)
            if self._at >= end and self._done and end >= len(self._held):
                return
            line = self._held[self._at : end]
            self.read_bytes += end + 1 - self._at
            self._at = end + 1
            yield _values(line) if self._csv else [line.decode()]

    async def _fill(self) -> None:
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            self._done = True
            return
        self._held = self._held[self._at :] + piece
        self._at = 0

    def _line_end(self) -> int:
        """The place of the newline that is in no quotes; -1 where it has not come yet."""
        end = self._held.find(b"\n", self._at)
        if not self._csv:
            return end
        while end >= 0:
            if self._held.count(b'"', self._at, end) % 2 == 0:
                return end
            end = self._held.find(b"\n", end + 1)
        return -1


def _values(line: bytes) -> Row:
    """The values of a line; None for those that are not quoted, which are nulls."""
    text = line.decode()
    found: Row = []
    at = 0
    while True:
        if text[at : at + 1] == '"':
            end = at + 1
            while True:
                end = text.index('"', end)
                if text[end + 1 : end + 2] != '"':
                    break
                end += 2
            found.append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
        else:
            end = text.find(",", at)
            found.append(None)
            at = len(text) if end < 0 else end
        if at >= len(text):
            return found
        at += 1
        if at == len(text):
            found.append(None)
            return found


def location_of(of: Execution, ending: str) -> tuple[str, str]:
    """Bucket and key of an object beside a query's results."""
    bucket, prefix = split_location(of.output)
    return bucket, f"{prefix}{of.id}{ending}"
