"""Time to live: deleting the items whose time has come, through the write door, as the service.

What is due is at the front of each table's expiry space (`tables/expiry.py`), so a look costs one
short range read, and nothing at all where no table has a time to live. What was deleted is not in
the range any more, so nothing is stored about the place that was reached: a restart just goes on.
While there is more, a look begins where the last one ended all the same, since an engine may have
to step over what has just been deleted.

Deletions are counted against a rate, and go in small batches with requests in between, so that a
million items that expire at once are gone after some minutes and nobody waits for them.
"""

from __future__ import annotations

from typing import Any

from jedlik.storage.waist import ABSENT, ANY, Batch, Delete, Entry, Keep, Row, SpaceDropped
from jedlik.tables.database import Database
from jedlik.tables.errors import ConditionFailed, Contended, TableNotFound
from jedlik.tables.expiry import TOKEN, due_bounds, entry_key, expiry_of, is_due, read_entry
from jedlik.tables.item_writes import DeleteWrite
from jedlik.tables.model import Table, TtlSettings
from jedlik.tables.stored import Stored
from jedlik.tables.write import write_batch, write_one
from jedlik.workers.expiry_backfill import ExpiryBackfill

ACTOR = "ttl"
ITEMS_PER_BATCH = 50
BYTES_PER_READ = 1 << 20


class Expiry:
    """Deletes what has expired, at most `rate_per_s` items a second in the long run."""

    def __init__(self, db: Database, *, rate_per_s: int) -> None:
        self._db = db
        self._backfill = ExpiryBackfill(db)
        self._rate_per_s = rate_per_s
        self._allowed = float(rate_per_s)
        self._counted_at_ms: int | None = None
        self._reached: dict[int, tuple[bytes, bytes]] = {}  # by expiry space
        db.ttl_changed.set()  # an earlier process may have left tables with a time to live

    async def step(self, now_ms: int) -> bool:
        """One batch of each table that has something due; whether there is more right away."""
        if not self._db.ttl_changed.is_set():
            return False
        self._db.ttl_changed.clear()
        self._refill(now_ms)
        more = False
        async for table in self._db.catalog.tables():
            if table.expiry is None:
                continue
            self._db.ttl_changed.set()  # time will make something due
            await self._db.pace.turn()
            try:
                more |= await self._backfill.step(table, table.expiry)
                more |= await self._sweep(table, table.expiry, now_ms)
            except (TableNotFound, SpaceDropped, Contended):
                continue
        return more

    def _refill(self, now_ms: int) -> None:
        before_ms = self._counted_at_ms if self._counted_at_ms is not None else now_ms
        gained = max(0, now_ms - before_ms) * self._rate_per_s / 1000
        self._allowed = min(float(self._rate_per_s), self._allowed + gained)
        self._counted_at_ms = now_ms

    async def _sweep(self, table: Table, ttl: TtlSettings, now_ms: int) -> bool:
        """Delete a batch of expired items; whether more of them are due and allowed."""
        if self._allowed < 1:
            return False
        low, high = due_bounds(now_ms)
        page = await self._db.engine.range(
            ttl.space,
            TOKEN,
            low,
            high,
            high_open=True,
            after=self._reached.pop(ttl.space, None),
            item_limit=min(self._db.pace.items(ITEMS_PER_BATCH), int(self._allowed)),
            byte_limit=BYTES_PER_READ,
        )
        if not page.entries:
            return False
        if page.more:
            self._reached[ttl.space] = (page.entries[-1].sort, page.entries[-1].sub)
        self._allowed -= len(page.entries)
        keys = [read_entry(entry.sort, entry.sub).key for entry in page.entries]
        rows = await self._db.engine.get(
            [(table.space, key.token, key.sort, b"") for key in keys], pending=True
        )
        writes: list[DeleteWrite] = []
        for entry, key, row in zip(page.entries, keys, rows, strict=True):
            place = (ttl.space, entry.token, entry.sort, entry.sub)
            if row is None or entry_key(ttl, key, Stored(row.version, row.value).item) != place:
                await self._remove_stale(table, ttl, entry, row)
            else:
                writes.append(DeleteWrite(table, key, StillDue(ttl, now_ms)))
        await self._delete(writes)
        return page.more and self._allowed >= 1

    async def _delete(self, writes: list[DeleteWrite]) -> None:
        """Delete all that are still due: together, or one by one where one is not any more."""
        if not writes:
            return
        expired = self._db.flows.of(writes[0].table).expired
        try:
            await write_batch(self._db, writes, actor=ACTOR)
            expired.add(float(len(writes)))
            return
        except ConditionFailed:
            pass
        for write in writes:
            try:
                await write_one(self._db, write, actor=ACTOR)
                expired.add(1.0)
            except ConditionFailed:
                continue

    async def _remove_stale(
        self, table: Table, ttl: TtlSettings, entry: Entry, row: Row | None
    ) -> None:
        """Take away an entry that its item does not ask for. The write door leaves none; but one
        that were there would be looked at for ever."""
        key = read_entry(entry.sort, entry.sub).key
        guard = Keep((table.space, key.token, key.sort, b""), row.version if row else ABSENT)
        gone = Delete((ttl.space, entry.token, entry.sort, entry.sub), ANY)
        await self._db.engine.commit(Batch(self._db.versions.next(), (guard, gone)))


class StillDue:
    """The condition of an expiry: that the item has not got another time meanwhile."""

    def __init__(self, ttl: TtlSettings, now_ms: int) -> None:
        self._ttl = ttl
        self._now_ms = now_ms

    def holds(self, item: dict[str, Any] | None) -> bool:
        """Whether the item is there and has expired."""
        if item is None:
            return False
        at_s = expiry_of(self._ttl, item)
        return at_s is not None and is_due(at_s, self._now_ms)
