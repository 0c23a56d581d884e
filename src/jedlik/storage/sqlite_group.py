"""What the event loop hands to the writer: a group of batches, or a step of sweeping.

A group is written in one transaction and shares one fsync. Its guards were checked on the loop
before its rows got here, so that the writer only writes.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jedlik.storage.waist import Change, Key, Row, Tally


class Group:
    """`rows` is the state after all its batches: a key written twice is stored once.

    `statements` are the engine's own (sql, bindings). `serial` is the engine's number for it,
    `version` the highest of its batches'.
    """

    __slots__ = (
        "changes",
        "published",
        "rows",
        "serial",
        "statements",
        "tallies",
        "version",
        "waiters",
    )

    def __init__(self, serial: int) -> None:
        self.serial = serial
        self.version = 0
        self.rows: dict[Key, Row | None] = {}
        self.changes: list[Change] = []
        self.tallies: list[Tally] = []
        self.statements: list[tuple[str, tuple[int, ...]]] = []
        self.waiters: list[asyncio.Future[None]] = []
        self.published = False

    def evidence(self) -> tuple[Key, int] | None:
        """A key and the version it has if, and only if, this group was written. None if the
        group puts nothing: then the writer stores `serial` in the marker."""
        for key, row in self.rows.items():
            if row is not None:
                return key, row[0]
        return None

    def tally_sums(self) -> dict[int, tuple[int, int]]:
        sums: dict[int, tuple[int, int]] = {}
        for space, rows, size in self.tallies:
            before = sums.get(space, (0, 0))
            sums[space] = (before[0] + rows, before[1] + size)
        return sums


class Sweep:
    """Deletes what a drop or a trim made invisible, one small step per transaction.

    Either the rows, logs and tallies of a dropped `space`, or the trimmed part of a `stream`.
    """

    __slots__ = ("done", "seconds", "space", "stream")

    def __init__(self, *, space: int | None = None, stream: int | None = None) -> None:
        self.space = space
        self.stream = stream
        self.done = False
        self.seconds = 0.0  # what its last step took


Job = Group | Sweep
Binding = Any
