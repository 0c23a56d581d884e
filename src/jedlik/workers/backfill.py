"""Filling an index that was added to a table with items in it.

From the moment an index is in the catalog every write maintains it, so what is left to do is to
add the entries of older items: scan the table, and for each item put its entry under two guards:
the item is still the version that was read, and no entry is there yet. After a lost race the item
is looked at again: the writer has put its entry, unless its change left the entry as it was, for
then it takes it to be there. The place reached is kept in the jobs space, so that a restart goes
on:

    (JOBS_SPACE, "backfill", index space, "") -> token (16 bytes) + sort of the last item done
"""

from __future__ import annotations

from msgspec.structs import replace

from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Delete,
    Entry,
    Keep,
    Put,
    SpaceDropped,
    Tally,
    Write,
)
from jedlik.tables.database import JOBS_SPACE, Database
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.indexes import entry_of
from jedlik.tables.keys import Key
from jedlik.tables.model import Index, Table
from jedlik.tables.stored import Stored, size_of
from jedlik.tables.write import settle

ITEMS_PER_STEP = 64
BYTES_PER_STEP = 1 << 20
RETRIES_MAX = 30

_TOKEN = b"backfill".ljust(16, b"\0")


class Backfill:
    """Makes CREATING indexes ACTIVE, a page of items at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: list[Table] = []
        db.index_added.set()  # an earlier process may have left some

    async def step(self, now_ms: int) -> bool:
        """Do one page of one index; whether there is more to do."""
        if self._db.index_added.is_set():
            self._db.index_added.clear()
            self._known = [t async for t in self._db.catalog.tables() if _unfinished(t)]
        while self._known:
            try:
                table = await self._db.current(self._known[-1])
                index = _unfinished(table)
                if index is not None:
                    await self._db.pace.turn()
                    await self._page(table, index)
                    return True
            except Contended:
                return True  # the table was changed meanwhile: look at it again
            except (TableNotFound, SpaceDropped):
                pass
            self._known.pop()
        return False

    async def _page(self, table: Table, index: Index) -> None:
        engine = self._db.engine
        cursor_key = (JOBS_SPACE, _TOKEN, index.space.to_bytes(8, "big"), b"")
        cursor = await engine.get_one(cursor_key, pending=True)
        # Writes that know nothing of the index may still be on their way: the scan must see them.
        await settle(engine, self._db.versions.next())
        after = (cursor.value[:16], cursor.value[16:], b"") if cursor else None
        page = await engine.scan(
            table.space,
            b"",
            None,
            after=after,
            item_limit=self._db.pace.items(ITEMS_PER_STEP),
            byte_limit=BYTES_PER_STEP,
        )
        await self._add(table, index, page.entries)
        version = self._db.versions.next(cursor.version if cursor else 0)
        if page.more:
            last = page.entries[-1]
            place = Put(cursor_key, ANY, last.token + last.sort)
            await engine.commit(Batch(version, (place,)))
        else:
            await self._finish(table, index)
            await engine.commit(Batch(version, (Delete(cursor_key, ANY),)))

    async def _add(self, table: Table, index: Index, entries: list[Entry]) -> None:
        """Put the index rows of these items: together, and one by one where a writer interfered."""
        writes: list[Write] = []
        size_bytes = 0
        for entry in entries:
            item = Stored(entry.version, entry.value).item
            row = entry_of(table, index, item, Key(entry.token, entry.sort), entry.value)
            if row is not None:
                row_key, value = row
                writes.append(Keep((table.space, entry.token, entry.sort, b""), entry.version))
                writes.append(Put(row_key, ABSENT, value))
                size_bytes += size_of(value)
        if not writes:
            return
        tally = Tally(index.space, len(writes) // 2, size_bytes)
        batch = Batch(self._db.versions.next(), writes, (), (tally,))
        conflict = await self._db.engine.commit(batch)
        if conflict is not None:
            for entry in entries:
                await self._add_one(table, index, Key(entry.token, entry.sort))

    async def _add_one(self, table: Table, index: Index, key: Key) -> None:
        """Put the index row of an item as it is now, unless it is there. Raises Contended."""
        engine = self._db.engine
        item_key = (table.space, key.token, key.sort, b"")
        for _ in range(RETRIES_MAX):
            row = await engine.get_one(item_key, pending=True)
            if row is None:
                return
            entry = entry_of(table, index, Stored(*row).item, key, row.value)
            if entry is None or await engine.get_one(entry[0], pending=True) is not None:
                return
            row_key, value = entry
            writes = (Keep(item_key, row.version), Put(row_key, ABSENT, value))
            tally = Tally(index.space, 1, size_of(value))
            batch = Batch(self._db.versions.next(), writes, (), (tally,))
            if await engine.commit(batch) is None:
                return
        raise Contended

    async def _finish(self, table: Table, index: Index) -> None:
        active = replace(index, status="ACTIVE", backfilling=False)
        indexes = tuple(active if other.name == index.name else other for other in table.indexes)
        await self._db.replace_table(table, replace(table, indexes=indexes))


def _unfinished(table: Table) -> Index | None:
    """The first index of a table that a backfill must finish."""
    return next((index for index in table.indexes if index.backfilling), None)
