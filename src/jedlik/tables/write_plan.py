"""A batch under construction: what one attempt at some writes comes to.

Old image -> condition -> new image -> index deltas -> change record: for each write its rows, what
they do to indexes, to item collections, to expiry and to the log, and what guards all that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jedlik.storage.waist import ABSENT, ANY, Batch, Change, Delete, Keep, Put, Tally
from jedlik.tables import expiry, indexes
from jedlik.tables.change_records import change_of
from jedlik.tables.charges import admit_indexes
from jedlik.tables.database import Database
from jedlik.tables.errors import CollectionTooLarge, ConditionFailed
from jedlik.tables.indexes import IndexDelta
from jedlik.tables.item_writes import CheckWrite, ItemWrite, Written
from jedlik.tables.stored import Stored, size_of


class _Grown(NamedTuple):
    """By how many bytes the write at a place of the batch lets its item collection grow."""

    at: int
    written: Written
    size_bytes: int


class Plan:
    """The batch under construction for one attempt."""

    def __init__(self, db: Database, version: int, actor: str | None, *, new: bool = False) -> None:
        """new: nobody has to look whether there is an old image; there is none."""
        self.version = version
        self._absent = ANY if new else ABSENT
        self.writes: list[Put | Delete | Keep] = []
        self._db = db
        self._actor = actor
        self._at_ms = db.clock.now_ms()
        self._changes: list[Change] = []
        self._tallies: dict[int, tuple[int, int]] = {}
        self._collections: dict[tuple[int, bytes], list[_Grown]] = {}
        self._taken = 0
        self._backfilling: list[Put | Delete] = []

    def add(self, write: ItemWrite, old: Stored | None) -> Written:
        """Take one write in.

        Raises ConditionFailed or Invalid, leaving the plan unusable; Throttled, leaving it as is.
        """
        at, self._taken = self._taken, self._taken + 1
        if write.condition is not None and not write.condition.holds(old.item if old else None):
            raise ConditionFailed(old)
        table, key = write.table, write.key
        new = write.apply(old, self.version)
        row_key = (table.space, key.token, key.sort, b"")
        seen = self._absent if old is None else old.version
        if isinstance(write, CheckWrite) or (old is None and new is None):
            self.writes.append(Keep(row_key, seen))
            return Written(old, new, {})
        deltas = indexes.deltas(table, key, old, new) if table.indexes else []
        if deltas and self._actor is None:
            admit_indexes(self._db.flows.of(table), deltas, self._at_ms / 1000)
        self.writes.append(Put(row_key, seen, new.value) if new else Delete(row_key, seen))
        rows = (new is not None) - (old is not None)
        grown = (new.size if new else 0) - (old.size if old else 0)
        self._tally(table.space, rows, grown)
        written = Written(old, new, {})
        local_grown = self._add_index_deltas(deltas, written) if deltas else 0
        if table.has_local_indexes:
            member = _Grown(at, written, grown + local_grown)
            self._collections.setdefault((table.collection_space, key.token), []).append(member)
        if table.logged:
            change = change_of(
                table,
                key.token,
                old,
                new,
                at_ms=self._at_ms,
                version=self.version,
                actor=self._actor,
            )
            if change is not None:
                self._changes.append(change)
        if table.expiry is not None:
            self.writes += expiry.moves(table.expiry, key, old, new)
        return written

    async def meter_collections(self) -> None:
        """Carry the sizes of item collections along; raises CollectionTooLarge."""
        guilty: list[int] = []
        for (space, token), members in self._collections.items():
            grown = sum(member.size_bytes for member in members)
            row_key = (space, token, b"", b"")
            row = await self._db.engine.get_one(row_key, pending=True)
            size = max(0, (int.from_bytes(row.value, "big") if row else 0) + grown)
            if grown > 0 and size > self._db.collection_bytes_max:
                guilty += [member.at for member in members if member.size_bytes > 0]
            for member in members:
                member.written.collection_bytes = size
            if grown:
                seen = row.version if row else ABSENT
                self.writes.append(Put(row_key, seen, size.to_bytes(8, "big")))
        if guilty:
            raise CollectionTooLarge(guilty)

    async def settle_backfilling(self) -> None:
        """Index rows that the backfill may or may not have made yet: look, guard, and count."""
        for write in self._backfilling:
            row = await self._db.engine.get_one(write.key, pending=True)
            seen = row.version if row else ABSENT
            before = size_of(row.value) if row else 0
            if isinstance(write, Put):
                self.writes.append(Put(write.key, seen, write.value))
                self._tally(write.key[0], 0 if row else 1, size_of(write.value) - before)
            else:
                self.writes.append(Delete(write.key, seen) if row else Keep(write.key, ABSENT))
                self._tally(write.key[0], -1 if row else 0, -before)

    def batch(self) -> Batch:
        """Everything, as one commit."""
        tallies = [Tally(space, *counts) for space, counts in self._tallies.items()]
        return Batch(self.version, self.writes, self._changes, tallies)

    def _add_index_deltas(self, deltas: Sequence[IndexDelta], written: Written) -> int:
        """Index rows of one write; returns how many bytes its local indexes grew by."""
        local_grown = 0
        places = written.index_places = {}
        for delta in deltas:
            if delta.index.backfilling:
                self._backfilling += delta.writes
            else:
                self.writes += delta.writes
                self._tally(delta.index.space, delta.rows, delta.size_bytes)
            written.index_units[delta.index.name] = delta.units
            places[delta.index.name] = delta.writes[-1].key[1]
            if delta.index.kind == "local":
                local_grown += delta.size_bytes
        return local_grown

    def _tally(self, space: int, rows: int, size_bytes: int) -> None:
        before = self._tallies.get(space, (0, 0))
        self._tallies[space] = (before[0] + rows, before[1] + size_bytes)
