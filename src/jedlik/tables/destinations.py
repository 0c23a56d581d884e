"""Streams to which a table's changes are delivered, and how far that has come.

A destination is a setting of the table (`Table.destinations`). Its cursor, for each part of the
table's log the last seq delivered, is a row in the space of the stream that it delivers to: so it
is written in the same commit as what it tells of, and goes with the stream.
"""

from __future__ import annotations

from hashlib import blake2b

from jedlik.storage.waist import Engine, Key, Row
from jedlik.tables.model import Destination, Table

WAKE = "kinesis destinations"
"""In `Database.internal_changes`: the event that wakes whoever delivers."""


def cursor_key(table: Table, destination: Destination, part: int) -> Key:
    """Where the cursor of a part is."""
    named = f"cursor|{table.id}|{destination.since_ms}"
    token = blake2b(named.encode(), digest_size=16).digest()
    return destination.space, token, part.to_bytes(4, "big"), b""


def cursor_value(seq: int) -> bytes:
    return seq.to_bytes(8, "big")


def position(destination: Destination, part: int, row: Row | None) -> int:
    """The last seq delivered, or the one before the first that is to be."""
    return destination.start[part] if row is None else int.from_bytes(row.value, "big")


async def delivered(engine: Engine, table: Table, part: int) -> int | None:
    """The seq up to which every destination has a part of the log; None: there are none."""
    reached: int | None = None
    for destination in table.destinations:
        if destination.is_owed:
            row = await engine.get_one(cursor_key(table, destination, part))
            seq = position(destination, part, row)
            reached = seq if reached is None else min(reached, seq)
    return reached
