"""The catalog: which tables there are.

Keyspace: `(SYSTEM_SPACE, token of "catalog|account|region", table name, "") -> table as JSON`, so a
range over one token lists an account's tables of a region by name; and
`(SYSTEM_SPACE, token of "spaces", "", "") -> the next free space number`.

Tables are cached by name for good: on the embedded engines one process alone changes them. It
tells others that serve from the same store (`watchers`), and they `forget`.

On an engine that is shared by processes that do not know of each other, two things keep everybody
from working by a description that is not true any more (decision 0021):

    (SYSTEM_SPACE, token of "generation", "", "")      written by every change of any table
    (collection space, 4 bits of token, "", "schema")  the table's 16 fences, with its version

Every request begins with a look at the generation (`fresh`; all that come meanwhile share the
next look), and if it has moved, nothing cached is believed. Every write holds the fence beside
its item (`fences`): a change of the table, which writes all its fences, waits for the writes
that are under way, and those that come after it are refused and look at the table again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from hashlib import blake2b

import msgspec

from jedlik.storage.waist import (
    ABSENT,
    ANY,
    SPACES_PER_BLOCK,
    Batch,
    Delete,
    Engine,
    Keep,
    Key,
    Put,
    Row,
    SpaceDropped,
    StorageError,
    Unknown,
    Write,
    is_shared,
)
from jedlik.tables.clock import VersionSource
from jedlik.tables.errors import Contended, TableExists, TableNotFound
from jedlik.tables.model import Table

SYSTEM_SPACE = 0
FIRST_TABLE_SPACE = 16
"""Spaces below this are the database's own (see `database.py`)."""
RETRIES_MAX = 50
PAGE_ITEMS = 200
PAGE_BYTES = 4 << 20

_SPACES_KEY = (SYSTEM_SPACE, blake2b(b"spaces", digest_size=16).digest(), b"", b"")
_GENERATION_KEY = (SYSTEM_SPACE, blake2b(b"generation", digest_size=16).digest(), b"", b"")
_REGIONS_TOKEN = blake2b(b"regions", digest_size=16).digest()
_FENCES = 16
_FENCE_SUB = b"schema"

_encode_table = msgspec.json.Encoder().encode
_decode_table = msgspec.json.Decoder(Table).decode


class Catalog:
    """Look-up, listing and guarded change of tables."""

    def __init__(self, engine: Engine, versions: VersionSource) -> None:
        self._engine = engine
        self._versions = versions
        self._cache: dict[tuple[str, str, str], tuple[int, Table]] = {}
        self.look_up = self._cache.get
        """What `cached` asks, for those who ask before every request: by (account, region, name),
        the version and the table."""
        self._forgotten = 0
        self.shared = is_shared(engine)
        """Whether other processes may change tables, too."""
        self._generation = -1
        self._aside: dict[tuple[str, str, str], tuple[int, Table]] = {}
        self._look: asyncio.Task[None] | None = None
        self._next_look: asyncio.Task[None] | None = None
        self.watchers: list[Callable[[str, str, str], None]] = []
        """Called with account, region and name when a table was changed or removed."""

    def cached(self, account: str, region: str, name: str) -> Table | None:
        """The table if it is known already: the data path's look-up, without a suspension point."""
        found = self._cache.get((account, region, name))
        return found[1] if found is not None else None

    def has_still(self, place: tuple[str, str, str], table: Table) -> bool:
        """Whether a table is known to be as it was. place: its account, region and name."""
        found = self._cache.get(place)
        return found is not None and found[1] is table

    async def get(self, account: str, region: str, name: str) -> Table:
        """The table of that name; raises TableNotFound."""
        found = self._cache.get((account, region, name))
        while found is None:
            forgotten = self._forgotten
            row = await self._engine.get_one(_table_key(account, region, name))
            if self._forgotten != forgotten:
                continue  # what was read may be what was to be forgotten
            if row is None:
                raise TableNotFound(name)
            found = self._aside.get((account, region, name))
            if found is None or found[0] != row.version:
                found = (row.version, _decode_table(row.value))
            self._cache[account, region, name] = found
        return found[1]

    async def fresh(self) -> None:
        """Believe nothing from now on that another process has changed before this call."""
        if not self.shared:
            return
        if self._next_look is None:
            self._next_look = asyncio.ensure_future(self._look_at_generation(self._look))
        await asyncio.shield(self._next_look)

    async def _look_at_generation(self, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait((before,))
        self._look, self._next_look = self._next_look, None
        try:
            row = await self._engine.get_one(_GENERATION_KEY)
        except StorageError:
            self._suspect_all()
            return
        generation = row.version if row is not None else 0
        if generation != self._generation:
            self._generation = generation
            self._suspect_all()

    def _suspect_all(self) -> None:
        """Look at each table's row again before it is believed."""
        if self._cache:
            self._aside = dict(self._cache)
            self._cache.clear()  # emptied, not replaced: `look_up` is bound to it
        self._forgotten += 1

    async def fences(self, wanted: Iterable[tuple[Table, bytes]]) -> list[Keep] | None:
        """What a batch must hold that writes to these tables, at those tokens, by these
        descriptions; None if one of them is not the last that is known. Raises TableNotFound."""
        found: dict[Key, int] = {}
        for table, token in wanted:
            name = (table.account, table.region, table.name)
            known = self._cache.get(name)
            while known is None:
                await self.get(*name)
                known = self._cache.get(name)
            if known[1] is not table and known[1] != table:
                return None
            found[_fence_key(table, token[0] >> 4)] = known[0]
        return [Keep(key, version) for key, version in found.items()]

    async def mend(self, tables: Iterable[Table]) -> None:
        """A fence of one of these did not hold: look at them again. Fences that are not there, as
        in a store that was filled by a process alone, are made."""
        for table in tables:
            name = (table.account, table.region, table.name)
            self.forget(*name)
            key = _table_key(*name)
            fence, row = await self._engine.get([_fence_key(table, 0), key], snapshot=True)
            if fence is not None or row is None or _decode_table(row.value).id != table.id:
                continue
            version = self._versions.next(row.version)
            same = Put(key, row.version, row.value)
            try:
                await self._engine.commit(Batch(version, (same, *self._told(table))))
            except SpaceDropped:
                continue

    def _told(self, table: Table) -> list[Write]:
        """What a change of a table writes besides its row, for other processes to notice."""
        if not self.shared:
            return []
        fences = [Put(_fence_key(table, at), ANY, b"") for at in range(_FENCES)]
        return [Put(_GENERATION_KEY, ANY, b""), *fences]

    def forget(self, account: str, region: str, name: str) -> None:
        """Another process has changed the table: look again when it is asked for."""
        self._cache.pop((account, region, name), None)
        self._forgotten += 1

    async def add(self, table: Table, also: Sequence[Write] = ()) -> None:
        """A new table, and `also` in the same commit; raises TableExists, or Contended for that."""
        key = _table_key(table.account, table.region, table.name)
        region_key = (SYSTEM_SPACE, _REGIONS_TOKEN, f"{table.account}|{table.region}".encode(), b"")
        version = self._versions.next()
        conflict = await self._engine.commit(
            Batch(
                version,
                (
                    Put(key, ABSENT, _encode_table(table)),
                    Put(region_key, ANY, b""),
                    *self._told(table),
                    *also,
                ),
            )
        )
        if conflict is not None:
            await self._settle()  # it may be a table that is only about to be there
            raise TableExists(table.name) if conflict.index == 0 else Contended
        if not self.shared:
            self._cache[table.account, table.region, table.name] = (version, table)

    async def replace(self, old: Table, new: Table, also: Sequence[Write] = ()) -> Table:
        """Store `new` if `old` is still what is stored, and `also` in the same commit.

        Raises Contended, or TableNotFound.
        """
        row = await self._current(old)
        if _decode_table(row.value) != old:
            await self._look_again(old)
            raise Contended
        version = self._versions.next(row.version)
        key = _table_key(old.account, old.region, old.name)
        batch = Batch(version, (Put(key, row.version, _encode_table(new)), *self._told(new), *also))
        # On the embedded engines the new schema must govern writes that are submitted after this
        # one, though it is not durable yet: they queue behind it and fail with it.
        name = (old.account, old.region, old.name)
        if not self.shared:
            self._cache[name] = (version, new)
        try:
            conflict = await self._engine.commit(batch)
        except StorageError:
            # Changes that were made on top of this one fail, too, each taking back only its own.
            known = self._cache.get(name)
            if known is not None and (known[0] == version or self.shared):
                del self._cache[name]
            raise
        if conflict is not None:
            await self._look_again(old)
            raise Contended
        if self.shared:
            self.forget(*name)
        self._changed(name)
        return new

    async def remove(self, table: Table, also: Sequence[Write] = ()) -> None:
        """Take the table out of the catalog, with `also` in the same commit.

        Raises TableNotFound when it is gone already, or Contended.
        """
        row = await self._current(table)
        name = (table.account, table.region, table.name)
        known = self._cache.get(name)
        told = self._told(table)
        # Without its fences no writer gets in any more, even where the rows are kept.
        told = [Delete(put[0], ANY) if put[0] != _GENERATION_KEY else put for put in told]
        try:
            conflict = await self._engine.commit(
                Batch(
                    self._versions.next(row.version),
                    (Delete(_table_key(*name), row.version), *told, *also),
                )
            )
        except Unknown:
            if self._cache.get(name) is known:
                self._cache.pop(name, None)
            raise
        if conflict is not None:
            await self._look_again(table)
            raise Contended
        known = self._cache.get(name)
        if known is not None and known[1].id == table.id:
            del self._cache[name]
        self._changed(name)

    def _changed(self, name: tuple[str, str, str]) -> None:
        for tell in self.watchers:
            tell(*name)

    async def names(self, account: str, region: str, *, after: str | None, limit: int) -> list[str]:
        """Up to `limit` table names in order, from the one after `after` on."""
        page = await self._engine.range(
            SYSTEM_SPACE,
            _tables_token(account, region),
            after.encode() if after is not None else None,
            None,
            low_open=True,
            item_limit=limit,
            byte_limit=PAGE_BYTES * 64,
        )
        return [entry.sort.decode() for entry in page.entries]

    async def tables(self) -> AsyncIterator[Table]:
        """Every table of every account and region; for workers and start-up, not for requests.

        Whatever is done with each, requests have a turn between two tables.
        """
        for region_sort in await self._sorts(_REGIONS_TOKEN):
            account, region = region_sort.decode().split("|", 1)
            for name in await self._sorts(_tables_token(account, region)):
                await asyncio.sleep(0)
                try:
                    yield await self.get(account, region, name.decode())
                except TableNotFound:
                    continue

    async def reserve_spaces(self, count: int, *, block: bool = False) -> int:
        """The first of `count` new space numbers, never given before and never given again.

        block: they begin a block, so that no other table's spaces belong to theirs.
        """
        for _ in range(RETRIES_MAX):
            row = await self._engine.get_one(_SPACES_KEY, pending=True)
            first = int.from_bytes(row.value, "big") if row else FIRST_TABLE_SPACE
            if block:
                first = -(-first // SPACES_PER_BLOCK) * SPACES_PER_BLOCK
            seen = row.version if row else ABSENT
            put = Put(_SPACES_KEY, seen, (first + count).to_bytes(8, "big"))
            version = self._versions.next(seen)
            if await self._engine.commit(Batch(version, (put,))) is None:
                return first
        raise Contended

    async def _sorts(self, token: bytes) -> list[bytes]:
        """All sort values under one token of the system space."""
        found: list[bytes] = []
        after: tuple[bytes, bytes] | None = None
        while True:
            page = await self._engine.range(
                SYSTEM_SPACE,
                token,
                None,
                None,
                after=after,
                item_limit=PAGE_ITEMS,
                byte_limit=PAGE_BYTES,
            )
            found += [entry.sort for entry in page.entries]
            if not page.more:
                return found
            after = (page.entries[-1].sort, page.entries[-1].sub)

    async def _current(self, table: Table) -> Row:
        """The table's row as the next write will find it, durable or not yet."""
        key = _table_key(table.account, table.region, table.name)
        row = await self._engine.get_one(key, pending=True)
        if row is None or _decode_table(row.value).id != table.id:
            await self._settle()
            raise TableNotFound(table.name)
        return row

    async def _look_again(self, table: Table) -> None:
        """Know the table as the next write will find it. What is durable would not do: a change
        that is still pending governs whatever is submitted from now on."""
        name = (table.account, table.region, table.name)
        row = await self._engine.get_one(_table_key(*name), pending=True)
        if row is None:
            self._cache.pop(name, None)
        else:
            self._cache[name] = (row.version, _decode_table(row.value))

    async def _settle(self) -> None:
        """Wait until everything that a pending read can have seen is durable."""
        await self._engine.commit(Batch(self._versions.next(), ()))


def _fence_key(table: Table, at: int) -> Key:
    """At the beginning of a sixteenth of all tokens, so that it lies with the items there."""
    return (table.collection_space, bytes((at << 4,)) + bytes(15), b"", _FENCE_SUB)


def _tables_token(account: str, region: str) -> bytes:
    return blake2b(f"catalog|{account}|{region}".encode(), digest_size=16).digest()


def _table_key(account: str, region: str, name: str) -> tuple[int, bytes, bytes, bytes]:
    return (SYSTEM_SPACE, _tables_token(account, region), name.encode(), b"")
