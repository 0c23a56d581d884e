"""Ranges and scans: SQL for a stretch of rows, and pages that obey a limit of bytes.

The server adds the values up and sends none that a page cannot hold. How many rows make a page is
not known beforehand, so the first statement asks for `FIRST_ROWS` at most; only where those neither
fill the page nor end the stretch, a second asks anew for as many as their size suggests: a page is
always the answer of one statement, so of one moment.
"""

from __future__ import annotations

from typing import Any

from jedlik.storage.postgres_parts import Parts
from jedlik.storage.postgres_pool import Connection
from jedlik.storage.waist import Entry, Page

FIRST_ROWS = 400


class Stretch:
    """Which rows, in which order: a WHERE clause under construction."""

    def __init__(self, space: int, part: int | None, *, reverse: bool = False) -> None:
        self.arguments: list[Any] = []
        self._where: list[str] = []
        self._direction = " DESC" if reverse else ""
        if part is not None:
            self.narrow("part =", part, kind="int8")
        self.narrow("space =", space, kind="int8")

    def narrow(self, condition: str, value: Any, *, kind: str = "bytea") -> None:
        self.arguments.append(value)
        self._where.append(f"{condition} ${len(self.arguments)}::{kind}")

    def beyond(self, columns: str, place: tuple[bytes, ...], *, reverse: bool = False) -> None:
        self.arguments += place
        count = len(self.arguments)
        marks = ", ".join(f"${at}::bytea" for at in range(count - len(place) + 1, count + 1))
        self._where.append(f"({columns}) {'<' if reverse else '>'} ({marks})")

    def sql(self) -> str:
        rows, room = f"${len(self.arguments) + 1}::int8", f"${len(self.arguments) + 2}::int8"
        order = ", ".join(f"{name}{self._direction}" for name in ("token", "sort", "sub"))
        return (
            "SELECT token, sort, sub, ver, size,"
            f" CASE WHEN used <= {room} OR used = size THEN val END FROM"
            " (SELECT token, sort, sub, ver, val, size,"
            f" sum(size) OVER w AS used, row_number() OVER w AS nth FROM"
            " (SELECT token, sort, sub, ver, val, octet_length(val) AS size FROM kv"
            f" WHERE {' AND '.join(self._where)} ORDER BY {order} LIMIT {rows}) AS near"
            f" WINDOW w AS (ORDER BY {order} ROWS UNBOUNDED PRECEDING)) AS sized"
            f" WHERE used - size <= {room} OR nth <= 2 ORDER BY {order}"
        )


def range_stretch(
    parts: Parts,
    space: int,
    token: bytes,
    low: bytes | None,
    high: bytes | None,
    *,
    low_open: bool,
    high_open: bool,
    reverse: bool,
    after: tuple[bytes, bytes] | None,
) -> Stretch:
    """Rows of one partition key."""
    part = parts.of_key((space, token, b"", b""))
    stretch = Stretch(space, part, reverse=reverse)
    stretch.narrow("token =", token)
    if low is not None:
        stretch.narrow("sort >" if low_open else "sort >=", low)
    if high is not None:
        stretch.narrow("sort <" if high_open else "sort <=", high)
    if after is not None:
        stretch.beyond("sort, sub", after, reverse=reverse)
    return stretch


def scan_stretch(
    parts: Parts,
    space: int,
    part: int | None,
    token_low: bytes,
    token_high: bytes | None,
    after: tuple[bytes, bytes, bytes] | None,
) -> Stretch | None:
    """Rows of a range of tokens, in one part or in all; None where there can be none."""
    low, high = token_low, token_high
    if part is not None:
        first, end = parts.tokens(part)
        low = max(low, first)
        high = end if high is None else high if end is None else min(high, end)
    if after is not None and after[0] > low:
        low = after[0]
    if high is not None and low >= high:
        return None
    stretch = Stretch(space, part)
    stretch.narrow("token >=", low)
    if high is not None:
        stretch.narrow("token <", high)
    if after is not None:
        stretch.beyond("token, sort, sub", after)
    return stretch


async def page(
    connection: Connection, stretch: Stretch, *, item_limit: int, byte_limit: int, begun: bool
) -> tuple[Page, int]:
    """The beginning of a stretch, and how many bytes its values have.

    begun: the page has rows from elsewhere, so not even the first row here may exceed the limit.
    """
    text = stretch.sql()
    rows = min(item_limit + 1, FIRST_ROWS)
    while True:
        found = await connection.fetch(text, *stretch.arguments, rows, byte_limit)
        entries: list[Entry] = []
        size = 0
        for token, sort, sub, version, length, value in found:
            full = len(entries) == item_limit
            if full or ((entries or begun) and size + length > byte_limit):
                return Page(entries, True), size
            entries.append(Entry(token, sort, sub, version, value))
            size += length
        if len(found) < rows:
            return Page(entries, False), size
        guess = byte_limit * 5 // (max(1, size // len(found)) * 4) + 2
        rows = min(item_limit + 1, max(rows * 2, guess))
