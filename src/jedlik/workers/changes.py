"""Changes: wakes a worker when an internal table changed, and tells that from mere time passing."""

from __future__ import annotations

import asyncio

from jedlik.tables.database import Database


class Changes(asyncio.Event):
    """The `changed` event of an internal table, which also counts its changes.

    A worker whose work time alone makes due keeps itself awake; it still sees whether somebody
    wrote meanwhile.
    """

    def __init__(self, db: Database, table: str) -> None:
        super().__init__()
        self.count = 0
        self._seen = -1
        db.internal_changes[table] = self
        self.set()  # an earlier process may have left something

    def set(self) -> None:
        self.count += 1
        super().set()

    def stay_awake(self) -> None:
        """Let the worker take another step after its rest, although nothing changed."""
        super().set()

    def taken(self) -> bool:
        """Whether the table changed since the last call; the worker sleeps unless it says more."""
        self.clear()
        changed, self._seen = self.count != self._seen, self.count
        return changed
