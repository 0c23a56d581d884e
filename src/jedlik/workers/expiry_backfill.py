"""Entering the expiries of items that are older than their table's time to live.

From the moment the setting is in the catalog every write keeps its entry, so what is left is to
scan the table once. An entry is put under the guard that the item is still the version that was
read; a lost race means that a writer has entered it. The place reached is committed with the
entries, so that a restart goes on:

    (JOBS_SPACE, "expiry", expiry space, "") -> token (16 bytes) + sort of the last item done
"""

from __future__ import annotations

from msgspec.structs import replace

from jedlik.storage.waist import ANY, Batch, Delete, Entry, Keep, Put, Write
from jedlik.tables.database import JOBS_SPACE, Database
from jedlik.tables.expiry import entry_key
from jedlik.tables.keys import Key
from jedlik.tables.model import Table, TtlSettings
from jedlik.tables.stored import Stored

ITEMS_PER_STEP = 64
BYTES_PER_STEP = 1 << 20

_TOKEN = b"expiry".ljust(16, b"\0")


class ExpiryBackfill:
    """Fills the expiry spaces of tables whose time to live is new, a page of items at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def step(self, table: Table, ttl: TtlSettings) -> bool:
        """Do one page of a table; whether there is more to do."""
        if not ttl.backfilling:
            return False
        cursor_key = (JOBS_SPACE, _TOKEN, ttl.space.to_bytes(8, "big"), b"")
        cursor = await self._db.engine.get_one(cursor_key, pending=True)
        page = await self._db.engine.scan(
            table.space,
            b"",
            None,
            after=(cursor.value[:16], cursor.value[16:], b"") if cursor else None,
            item_limit=self._db.pace.items(ITEMS_PER_STEP),
            byte_limit=BYTES_PER_STEP,
        )
        if not page.more:
            await self._enter(table, ttl, page.entries, ())
            await self._db.replace_table(table, replace(table, ttl=replace(ttl, backfilling=False)))
            await self._db.engine.commit(
                Batch(self._db.versions.next(), (Delete(cursor_key, ANY),))
            )
            return False
        last = page.entries[-1]
        await self._enter(table, ttl, page.entries, (Put(cursor_key, ANY, last.token + last.sort),))
        return True

    async def _enter(
        self, table: Table, ttl: TtlSettings, entries: list[Entry], also: tuple[Write, ...]
    ) -> None:
        """Put the entries of these items: together, and one by one where a writer came between."""
        singles = [writes for entry in entries if (writes := _writes(table, ttl, entry))]
        together: list[Write] = [write for writes in singles for write in writes]
        if await self._commit((*together, *also)):
            return
        for writes in singles:
            await self._commit(writes)
        await self._commit(also)

    async def _commit(self, writes: tuple[Write, ...]) -> bool:
        return await self._db.engine.commit(Batch(self._db.versions.next(), writes)) is None


def _writes(table: Table, ttl: TtlSettings, entry: Entry) -> tuple[Write, ...]:
    """The entry of one item, guarded; nothing for an item that never expires."""
    key = Key(entry.token, entry.sort)
    place = entry_key(ttl, key, Stored(entry.version, entry.value).item)
    if place is None:
        return ()
    return (
        Keep((table.space, entry.token, entry.sort, b""), entry.version),
        Put(place, ANY, b""),
    )
