"""The database as services see it: an engine, the catalog, a clock, and the life of tables.

Spaces below 16 are the database's own: 0 the catalog (`catalog.py`), 1 the client tokens of
transactions (`write.py`), 2 work in progress (`JOBS_SPACE`: what a worker must finish although the
process may die: spaces to drop), 3 the streams (`streams.py`), 4 what was measured
(`measurements.py`), 5 the backups (`backups.py`). A table takes one space for its
items, one for its log, one for the sizes of its item collections, one for each index, and with time
to live one for the order in which items expire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar, cast
from uuid import UUID

from msgspec.structs import replace

from jedlik.storage.blobs import Blobs
from jedlik.storage.waist import ANY, Batch, Delete, Engine, Put, Write, embedded
from jedlik.tables.backups import BACKUPS_SPACE, Backup, Backups, new_id
from jedlik.tables.catalog import Catalog
from jedlik.tables.clock import Clock, SystemClock, VersionSource
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import INTERNAL_ACCOUNT, Index, Table
from jedlik.tables.pace import Pace
from jedlik.tables.streams import STREAMS_SPACE, Stream, Streams
from jedlik.tables.throughput import Flows
from jedlik.tables.turns import Sleep, Turns

TOKENS_SPACE = 1
JOBS_SPACE = 2
MEASUREMENTS_SPACE = 4
OWN_SPACES = (0, TOKENS_SPACE, JOBS_SPACE, STREAMS_SPACE, MEASUREMENTS_SPACE, BACKUPS_SPACE)
SYSTEM_BACKUP_MS = 35 * 24 * 3_600_000
"""How long a table deleted with point-in-time recovery on is kept (developer guide)."""

T = TypeVar("T")
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
        self.embedded = embedded(engine)
        """The engine, if it is one to which the door for writes has a short way."""
        self.pace = Pace(engine)
        """Of background work, that it leaves room for requests."""
        self.turns = Turns(random if random is not None else Random(), sleep)
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.versions = VersionSource(self.clock, node)
        self.catalog = Catalog(engine, self.versions)
        self.streams = Streams(engine, self.versions)
        self.backups = Backups(engine, self.versions)
        self.flows = Flows(
            now=lambda: self.clock.now_ms() / 1000,
            cached=self.catalog.cached,
            is_free=lambda table: table.account == INTERNAL_ACCOUNT,
        )
        """Capacity: what tables are asked for and may take (`throughput/`)."""
        self.collection_bytes_max = 10 << 30
        self.index_added = asyncio.Event()
        """Set when an index was added: workers/backfill.py then looks at the catalog again."""
        self.ttl_changed = asyncio.Event()
        """Set when a table's time to live was switched: workers/expiry.py then looks again."""
        self.table_unsettled = asyncio.Event()
        """Set when a table's state was made to last a while; workers/table_states.py ends it."""
        self.backup_work = asyncio.Event()
        """Set when there is a backup or restore to do; workers/backups.py does it."""
        self.transfer_work = asyncio.Event()
        """Set when there is an export or import to do; workers/transfers.py does it."""
        self.blobs: Blobs | None = None
        """Where large values are, for services that have them; set by whoever knows the place."""

        self.internal_changes: dict[str, asyncio.Event] = {}
        """By internal table: set when a service changed it; for the workers that wait for that."""
        self.opened_at_ms = 1 << 62
        """When this process began; what it makes is no earlier."""
        self.beside: dict[type, Any] = {}
        """What services keep in memory beside the tables, one of each type; put here by `app`, or
        by `one`."""

    def one(self, kind: type[T], make: Callable[[], T] | None = None) -> T:
        """The one of a type that is kept beside the tables, made when it is first asked for."""
        found = self.beside.get(kind)
        if found is None:
            found = self.beside[kind] = (make or kind)()
        return cast(T, found)

    async def open(self) -> None:
        """Make what must be there before the first request."""
        self.opened_at_ms = self.clock.now_ms()
        for space in OWN_SPACES:
            await self.engine.space_create(space)
        # The clock may have gone back since the last process wrote.
        self.versions.next(await self.engine.version_floor())

    async def create_table(self, table: Table) -> Table:
        """Store a new table with spaces of its own; raises TableExists.

        Returns it as stored: `id` and all spaces filled in.
        """
        first = await self.catalog.reserve_spaces(4 + len(table.indexes), block=True)
        indexes = tuple(
            replace(index, space=first + 4 + i) for i, index in enumerate(table.indexes)
        )
        expires = table.ttl is not None and table.ttl.enabled
        table = replace(
            table,
            id=table.id or _table_id(self.versions.next(), first),
            space=first,
            collection_space=first + 1,
            log_space=first + 2,
            ttl=replace(table.ttl, space=first + 3) if table.ttl and expires else table.ttl,
            indexes=indexes,
        )
        for space in (*spaces_of(table), table.log_space):
            await self.engine.space_create(space)
        also = await self.streams.switched(None, table, self.clock.now_ms())
        await self.catalog.add(table, also)
        if expires:
            self.ttl_changed.set()
        return table

    async def replace_table(self, old: Table, new: Table) -> Table:
        """Store a changed table; raises Contended when `old` is not what is stored any more.

        The only way a stored table changes: with it, in the same commit, streams open and close
        and spaces are promised to be dropped.
        """
        new = await self._with_expiry_space(new)
        kept = {*spaces_of(new)}
        gone = [space for space in spaces_of(old) if space not in kept]
        also: list[Write] = [*await self.streams.switched(old, new, self.clock.now_ms())]
        also += [Put(_drop_key(space), ANY, b"") for space in gone]
        stored = await self.catalog.replace(old, new, also)
        if old.ttl != new.ttl:
            self.ttl_changed.set()
        if old.stream != new.stream:
            await self.streams.seal(old)
        for space in gone:
            await self._drop_space(space)
        return stored

    async def add_index(self, old: Table, new: Table, index: Index) -> Table:
        """Store `new` plus a global index that is CREATING; the backfill worker makes it ACTIVE.

        From the moment this returns every write maintains the index, so the backfill only has to
        add what is older.
        """
        space = await self.catalog.reserve_spaces(1)
        await self.engine.space_create(space)
        index = replace(index, space=space, status="CREATING", backfilling=True)
        try:
            return await self.replace_table(old, replace(new, indexes=(*new.indexes, index)))
        finally:
            self.index_added.set()  # it may be there even if nobody can tell

    async def drop_index(self, table: Table, name: str) -> Table:
        """Take an index away and give its space back in the background."""
        kept = tuple(other for other in table.indexes if other.name != name)
        return await self.replace_table(table, replace(table, indexes=kept))

    async def drop_table(self, table: Table) -> None:
        """Take a table away and give its spaces back in the background; raises TableNotFound.

        Its streams can still be read for a while, so the log stays until the last of them is
        forgotten (`drop_log`). With point-in-time recovery on, a backup keeps its items, too.
        """
        now_ms = self.clock.now_ms()
        also: list[Write] = [*await self.streams.switched(table, None, now_ms)]
        gone = [*spaces_of(table)]
        if table.recovery is not None and table.recovery.enabled:
            gone.remove(table.space)
            also.append(self._last_backup(table, now_ms))
        elif not also and not await self.streams.of_log(table):
            gone.append(table.log_space)
        also += [Put(_drop_key(space), ANY, b"") for space in gone]
        await self.catalog.remove(table, also)
        self.flows.forget(table)
        await self.streams.seal(table)
        for space in gone:
            await self._drop_space(space)

    def _last_backup(self, table: Table, now_ms: int) -> Put:
        """The backup of a table that is being deleted: its own rows and its log, for a while."""
        backup = Backup(
            id=new_id(now_ms, self.versions.next()),
            name=f"{table.name}$DeletedTableBackup",
            kind="SYSTEM",
            table=table,
            space=table.space,
            at_ms=now_ms,
            status="AVAILABLE",
            expires_at_ms=now_ms + SYSTEM_BACKUP_MS,
        )
        return Put(backup.key, ANY, backup.row)

    async def drop_log(self, stream: Stream) -> None:
        """Give the log of a deleted table back; called when its last stream is forgotten."""
        await self.drop_spaces([stream.log_space])

    async def drop_spaces(self, spaces: Sequence[int], *also: Write) -> None:
        """Give spaces back in the background; `also` is written in the commit that promises it."""
        promises = [Put(_drop_key(space), ANY, b"") for space in spaces]
        batch = Batch(self.versions.next(), [*promises, *also])
        if await self.engine.commit(batch) is not None:
            return  # `also` was guarded: another process has done it
        for space in spaces:
            await self._drop_space(space)

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

    async def _with_expiry_space(self, new: Table) -> Table:
        """The table with a space for the expiries of a time to live that is being enabled."""
        ttl = new.ttl
        if ttl is None or not ttl.enabled or ttl.space:
            return new
        space = await self.catalog.reserve_spaces(1)
        await self.engine.space_create(space)
        return replace(new, ttl=replace(ttl, space=space, backfilling=True))

    async def _drop_space(self, space: int) -> None:
        # The promise to drop it is on disk since the commit that made it useless, so a crash
        # leaves no orphaned space.
        await self.engine.space_drop(space)
        await self.engine.commit(Batch(self.versions.next(), (Delete(_drop_key(space), ANY),)))


def spaces_of(table: Table) -> list[int]:
    """Every space that lives and dies with a table: all but its log."""
    spaces = [table.space, table.collection_space, *(index.space for index in table.indexes)]
    if table.ttl is not None and table.ttl.space:
        spaces.append(table.ttl.space)
    return spaces


def _drop_key(space: int) -> tuple[int, bytes, bytes, bytes]:
    return (JOBS_SPACE, _DROPS_TOKEN, space.to_bytes(8, "big"), b"")


def _table_id(version: int, space: int) -> str:
    """A UUID that is unique for the store and the same in a replayed run."""
    return str(UUID(int=(version << 64 | space * 0x9E3779B97F4A7C15 % (1 << 64)), version=4))
