"""The database as services see it: an engine, the catalog, a clock, and the life of tables.

Spaces below 16 are the database's own: 0 the catalog (`catalog.py`), 1 the client tokens of
transactions (`write.py`), 2 work in progress (`JOBS_SPACE`: what a worker must finish although the
process may die: spaces to drop). A table takes one space for its items, one for the sizes of its
item collections, and one for each index.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from uuid import UUID

from jedlik.storage.waist import ANY, Batch, Delete, Engine, Put
from jedlik.tables.catalog import Catalog
from jedlik.tables.clock import Clock, SystemClock, VersionSource
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Index, Table
from jedlik.tables.turns import Sleep, Turns

TOKENS_SPACE = 1
JOBS_SPACE = 2
OWN_SPACES = (0, TOKENS_SPACE, JOBS_SPACE)

_DROPS_TOKEN = b"drop".ljust(16, b"\0")


class Database:
    """Tables over one storage engine.

    `node` tells several processes' write tokens apart; `random` and `sleep` serve retries.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock | None = None,
        node: int = 0,
        random: Random | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.engine = engine
        self.turns = Turns(random if random is not None else Random(), sleep)
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.versions = VersionSource(self.clock, node)
        self.catalog = Catalog(engine, self.versions)
        self.collection_bytes_max = 10 << 30
        self.index_added = False
        """Set when an index was added, so that the backfill worker looks at the catalog again."""
        self.table_unsettled = False
        """Set when a table's state was made to last a while; workers/table_states.py ends it."""

        self.internal_revisions: dict[str, int] = {}
        """Changes made to each internal table since the start; see internal.py."""

    async def open(self) -> None:
        """Make what must be there before the first request."""
        for space in OWN_SPACES:
            await self.engine.space_create(space)

    async def create_table(self, table: Table) -> Table:
        """Store a new table with spaces of its own; raises TableExists.

        Returns it as stored: `id`, `space`, `collection_space` and the indexes' spaces filled in.
        """
        first = await self.catalog.reserve_spaces(2 + len(table.indexes))
        indexes = tuple(
            replace(index, space=first + 2 + i) for i, index in enumerate(table.indexes)
        )
        table = replace(
            table,
            id=table.id or _table_id(self.versions.next(), first),
            space=first,
            collection_space=first + 1,
            indexes=indexes,
        )
        for space in spaces_of(table):
            await self.engine.space_create(space)
        await self.catalog.add(table)
        return table

    async def replace_table(self, old: Table, new: Table) -> Table:
        """Store a changed table; raises Contended when `old` is not what is stored any more."""
        return await self.catalog.replace(old, new)

    async def add_index(self, old: Table, new: Table, index: Index) -> Table:
        """Store `new` plus a global index that is CREATING; the backfill worker makes it ACTIVE.

        From the moment this returns every write maintains the index, so the backfill only has to
        add what is older.
        """
        space = await self.catalog.reserve_spaces(1)
        await self.engine.space_create(space)
        index = replace(index, space=space, status="CREATING", backfilling=True)
        changed = await self.catalog.replace(old, replace(new, indexes=(*new.indexes, index)))
        self.index_added = True
        return changed

    async def drop_index(self, table: Table, name: str) -> Table:
        """Take an index away and give its space back in the background."""
        index = table.index(name)
        assert index is not None
        kept = tuple(other for other in table.indexes if other.name != name)
        changed = await self.catalog.replace(table, replace(table, indexes=kept))
        await self._drop_spaces([index.space])
        return changed

    async def drop_table(self, table: Table) -> None:
        """Take a table away and give its spaces back in the background; raises TableNotFound."""
        await self.catalog.remove(table)
        await self._drop_spaces(spaces_of(table))

    async def finish_drops(self) -> None:
        """Drop the spaces that an earlier process promised to drop. Called at start."""
        page = await self.engine.range(
            JOBS_SPACE, _DROPS_TOKEN, None, None, item_limit=10_000, byte_limit=1 << 20
        )
        for entry in page.entries:
            await self._drop_space(int.from_bytes(entry.sort, "big"))

    async def current(self, table: Table) -> Table:
        """The table as it is now; raises TableNotFound when it is gone or another took its name."""
        now = await self.catalog.get(table.account, table.region, table.name)
        if now.id != table.id:
            raise TableNotFound(table.name)
        return now

    async def _drop_spaces(self, spaces: list[int]) -> None:
        # The promise is durable before the first row goes, so a crash leaves no orphaned space.
        # (A crash between the catalog's change and this promise leaks space, never rows.)
        puts = [Put(_drop_key(space), ANY, b"") for space in spaces]
        await self.engine.commit(Batch(self.versions.next(), puts))
        for space in spaces:
            await self._drop_space(space)

    async def _drop_space(self, space: int) -> None:
        await self.engine.space_drop(space)
        await self.engine.commit(Batch(self.versions.next(), (Delete(_drop_key(space), ANY),)))


def spaces_of(table: Table) -> list[int]:
    """Every space that belongs to a table."""
    return [table.space, table.collection_space, *(index.space for index in table.indexes)]


def _drop_key(space: int) -> tuple[int, bytes, bytes, bytes]:
    return (JOBS_SPACE, _DROPS_TOKEN, space.to_bytes(8, "big"), b"")


def _table_id(version: int, space: int) -> str:
    """A UUID that is unique for the store and the same in a replayed run."""
    return str(UUID(int=(version << 64 | space * 0x9E3779B97F4A7C15 % (1 << 64)), version=4))
