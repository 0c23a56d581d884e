"""What the event loop hands to the threads: a group of batches for the journal; for SQLite, a
table of rows to take over, or a step of sweeping.

A group is one record of the journal and shares one fsync. Its guards were checked on the loop
before its rows got here, so that the journal only writes.
"""

from __future__ import annotations

from typing import Any

from jedlik.storage.sqlite_waiter import Waiter
from jedlik.storage.waist import Change, Key, Row


class Group:
    """`rows` is the state after all its batches: a key written twice is stored once.

    `version` is the highest of its batches'; `tallies` are the sums (rows, bytes) for each space,
    `trims` (space, part, upto), `drops` spaces.
    `serial` and `check` are its record's, once it is written.
    """

    __slots__ = (
        "changes",
        "check",
        "drops",
        "published",
        "rows",
        "serial",
        "tallies",
        "trims",
        "version",
        "waiters",
    )

    def __init__(self) -> None:
        self.serial = 0
        self.check = 0
        self.version = 0
        self.rows: dict[Key, Row | None] = {}
        self.changes: list[Change] = []
        self.tallies: dict[int, list[int]] = {}
        self.trims: list[tuple[int, int, int]] = []
        self.drops: list[int] = []
        self.waiters: list[Waiter] = []
        self.published = False

    def add_tally(self, space: int, rows: int, size: int) -> None:
        """Add to the sums of a space."""
        sums = self.tallies.get(space)
        if sums is None:
            self.tallies[space] = [rows, size]
        else:
            sums[0] += rows
            sums[1] += size


class Sync:
    """Asks the journal for an fsync, where groups do not have their own."""


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


Binding = Any
