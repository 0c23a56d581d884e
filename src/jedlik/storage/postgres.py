"""PostgresEngine: rows and log in a PostgreSQL cluster, for any number of processes at once.

    commit ─▶ plan_batch ─▶ one statement ─▶ written
               │ refused: read the guards ─▶ Conflict, or they hold again: once more
               │ lost on the way: read the evidence ─▶ written, or Unknown

Nothing of a row is kept here: every read asks the server, and sees what is durable there. So there
is nothing pending, and a batch without writes is a barrier that nobody has to wait for.

    postgres_address   where the store is             postgres_pool    connections, fail-over
    postgres_schema    tables, migration              postgres_faults  errors, by SQLSTATE
    postgres_parts     what Citus distributes by      postgres_dialect plain PostgreSQL, Citus
    postgres_commit    a batch as one statement       postgres_reads   pages
    postgres_log       inbox, sequencer, log          postgres_drops   dropped spaces, tallies
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from jedlik.storage import postgres_drops, postgres_log, postgres_reads, postgres_schema
from jedlik.storage.postgres_address import Address, parse_address
from jedlik.storage.postgres_commit import Plan, plan_batch
from jedlik.storage.postgres_dialect import DROPPED, GET_ONE, WRITTEN, Citus, Dialect, Plain
from jedlik.storage.postgres_faults import (
    FAULTS,
    READ_ONLY,
    explain,
    is_lost,
    is_transient,
    is_unsent,
    state_of,
)
from jedlik.storage.postgres_parts import Parts
from jedlik.storage.postgres_pool import Connection, Pool, is_spoilt
from jedlik.storage.waist import (
    Batch,
    Conflict,
    Entry,
    Health,
    Key,
    LogBounds,
    LogEntry,
    Page,
    Row,
    SpaceDropped,
    Stats,
    StorageClosed,
    StorageError,
    Unknown,
    refuse_dropped,
)

PATIENCE_S = 20.0
"""How long a request waits for a new primary before it fails."""
START_PATIENCE_S = 5.0
TRIES_MAX = 40
LEAD = 2000 << 21
"""Versions are promised two seconds ahead (tables/clock.py: 21 bits below the milliseconds)."""
VERSION_MAX = (1 << 63) - 1

_T = TypeVar("_T")


class PostgresEngine:
    """Made by `open`. `node` tells this process's versions from those of others."""

    shared = True

    def __init__(
        self, address: Address, pool: Pool, made: postgres_schema.Made, *, node: int, ceiling: int
    ) -> None:
        self._address = address
        self._pool = pool
        self._parts = Parts(made.parts)
        wants_citus = address.dialect == "citus" or (address.dialect == "auto" and made.has_citus)
        self._dialect: Dialect = Citus(has_extension=made.has_citus) if wants_citus else Plain()
        self.is_new = made.is_new
        self.node = node
        self._floor = self._ceiling = ceiling
        self._raising: asyncio.Task[None] | None = None
        self._dropped: set[int] = set()
        self._in_flight: set[asyncio.Task[Conflict | None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._error: str | None = None
        self._upkeep = postgres_drops.Upkeep(pool, self._parts, self._dropped)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        patience_s: float = PATIENCE_S,
        start_patience_s: float = START_PATIENCE_S,
        on_connect: Callable[[Connection], None] | None = None,
    ) -> PostgresEngine:
        """Connect, and make or update the schema. Raises a StorageError that says what is wrong.

        on_connect: is shown every connection that is made; for tests.
        """
        address = parse_address(url)
        pool = Pool(address, patience_s=start_patience_s, on_connect=on_connect)
        try:
            try:
                async with pool.connection() as connection:
                    made = await postgres_schema.prepare(connection, address)
                    node = await postgres_schema.next_node(connection)
                    ceiling = await postgres_schema.ceiling(connection)
                    dropped = await connection.fetch(postgres_drops.GRAVES)
            except FAULTS as fault:
                raise explain(fault, address.shown) from fault
        except BaseException:
            await pool.close()
            raise
        pool.patience_s = patience_s
        engine = cls(address, pool, made, node=node, ceiling=ceiling)
        engine._dropped.update(row[0] for row in dropped)
        return engine

    @property
    def dialect(self) -> str:
        """`postgresql` or `citus`."""
        return self._dialect.name

    # Reads

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        if key[0] in self._dropped:
            return None
        part = self._parts.of_key(key)
        found = await self._read(lambda connection: connection.fetchrow(GET_ONE, part, *key))
        return None if found is None else Row(found[0], found[1])

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        if len(keys) == 1:
            return [await self.get_one(keys[0])]
        wanted = [key for key in dict.fromkeys(keys) if key[0] not in self._dropped]
        if not wanted:
            return [None] * len(keys)
        found = await self._read(
            lambda connection: self._dialect.get(connection, wanted, self._parts, snapshot=snapshot)
        )
        rows = dict(zip(wanted, found, strict=True))
        return [rows.get(key) for key in keys]

    async def range(
        self,
        space: int,
        token: bytes,
        low: bytes | None,
        high: bytes | None,
        *,
        low_open: bool = False,
        high_open: bool = False,
        reverse: bool = False,
        after: tuple[bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        if space in self._dropped:
            return Page([], False)
        stretch = postgres_reads.range_stretch(
            self._parts,
            space,
            token,
            low,
            high,
            low_open=low_open,
            high_open=high_open,
            reverse=reverse,
            after=after,
        )
        page, _ = await self._read(
            lambda connection: postgres_reads.page(
                connection, stretch, item_limit=item_limit, byte_limit=byte_limit, begun=False
            )
        )
        return page

    async def scan(
        self,
        space: int,
        token_low: bytes,
        token_high: bytes | None,
        *,
        after: tuple[bytes, bytes, bytes] | None = None,
        item_limit: int,
        byte_limit: int,
    ) -> Page:
        entries: list[Entry] = []
        if space in self._dropped:
            return Page(entries, False)
        for part in self._dialect.stretches(space, self._parts):
            stretch = postgres_reads.scan_stretch(
                self._parts, space, part, token_low, token_high, after
            )
            if stretch is None:
                continue
            read = partial(
                postgres_reads.page,
                stretch=stretch,
                item_limit=item_limit - len(entries),
                byte_limit=byte_limit,
                begun=bool(entries),
            )
            page, size = await self._read(read)
            entries += page.entries
            byte_limit -= size
            if page.more:
                return Page(entries, True)
        return Page(entries, False)

    # Commits

    async def commit(self, batch: Batch) -> Conflict | None:
        if self._closing is not None:
            raise StorageClosed("the PostgreSQL engine is closed")
        if self._dropped:
            refuse_dropped(batch, self._dropped)
        if not (batch.writes or batch.changes or batch.tallies):
            return None
        # A task of its own: who stops waiting for a batch does not take it back.
        task = asyncio.ensure_future(self._commit(plan_batch(batch, self._parts)))
        self._in_flight.add(task)
        task.add_done_callback(self._landed)
        return await asyncio.shield(task)

    async def _commit(self, plan: Plan) -> Conflict | None:
        if not plan.writes:
            return plan.conflict(await self._guarded(plan)) if plan.guards else None
        await self._promise(plan.version)
        for attempt in range(TRIES_MAX):
            if attempt:
                await asyncio.sleep(random.random() * min(0.1, 0.001 * 2**attempt))
            if not plan.contradicts:
                answer = await self._write(plan)
                if answer == WRITTEN:
                    self._note_tallies(plan)
                    return None
                if answer == DROPPED:
                    raise SpaceDropped("a space that the batch names was dropped")
            if answer_refused := plan.conflict(await self._guarded(plan)):
                return answer_refused
        raise StorageError("rivals kept on undoing and doing what a batch depends on")

    async def _write(self, plan: Plan) -> str:
        """WRITTEN, REFUSED or DROPPED. Raises StorageError, above all Unknown."""
        attempt = 0
        while True:
            attempt += 1
            connection = await self._taken()
            try:
                answer = await self._dialect.write(connection, plan)
            except FAULTS as fault:
                self._pool.give(connection, broken=is_spoilt(fault))
                if (is_transient(fault) or is_unsent(fault)) and attempt < TRIES_MAX:
                    await asyncio.sleep(random.random() * min(0.1, 0.002 * 2**attempt))
                    continue
                if state_of(fault) == READ_ONLY and attempt < TRIES_MAX:
                    await asyncio.sleep(0.1)  # the new primary is about to be there
                    continue
                if is_lost(fault):
                    return await self._find_out(plan, fault)
                raise self._failed(fault) from fault
            except BaseException:
                self._pool.give(connection, broken=True)
                raise
            self._pool.give(connection)
            self._error = None
            return answer

    async def _find_out(self, plan: Plan, fault: BaseException) -> str:
        """The connection was lost while the batch was on its way: did it land?"""
        where = self._address.shown
        if plan.evidence is not None:
            try:
                row = await self.get_one(plan.evidence)
            except StorageError as second:
                self._error = str(second)
                raise Unknown(
                    f"{where}: lost while a batch was written, and no answer since"
                ) from (second)
            if row is not None and row.version == plan.version:
                return WRITTEN
        self._error = f"{where}: the connection was lost while a batch was written"
        raise Unknown(self._error) from fault

    async def _guarded(self, plan: Plan) -> list[Row | None]:
        return await self.get([key for _, key, _ in plan.guards], snapshot=True)

    async def _promise(self, version: int) -> None:
        """Note that versions up to this one are used, before the first is: so that no process
        that starts later uses one again, whatever its clock says."""
        if version + LEAD // 2 <= self._ceiling:
            return
        if self._raising is None or self._raising.done():
            self._raising = asyncio.ensure_future(self._raise(min(version + LEAD, VERSION_MAX)))
        if version > self._ceiling:
            await asyncio.shield(self._raising)
            if version > self._ceiling:
                await self._raise(min(version + LEAD, VERSION_MAX))
        else:
            self._raising.add_done_callback(_heard)

    async def _raise(self, to: int) -> None:
        self._ceiling = await self._read(
            lambda connection: postgres_schema.raise_ceiling(connection, to)
        )

    def _note_tallies(self, plan: Plan) -> None:
        for part, space, *_ in plan.tallies:
            self._upkeep.tallied(part, space)

    def _landed(self, task: asyncio.Task[Conflict | None]) -> None:
        self._in_flight.discard(task)
        _heard(task)

    # The log

    async def log_read(
        self, space: int, part: int, after: int, limit: int, *, byte_limit: int = 4 << 20
    ) -> list[LogEntry]:
        if space in self._dropped:
            return []
        return await self._read(
            lambda connection: postgres_log.read(
                connection, self._parts, space, part, after, limit=limit, byte_limit=byte_limit
            )
        )

    async def log_bounds(self, space: int, part: int) -> LogBounds:
        if space in self._dropped:
            return LogBounds(1, 0)
        return await self._read(
            lambda connection: postgres_log.bounds(connection, self._parts, space, part)
        )

    async def log_trim(self, space: int, part: int, upto: int) -> None:
        if space not in self._dropped:
            await self._read(
                lambda connection: postgres_log.trim(connection, self._parts, space, part, upto)
            )

    # Spaces

    async def space_create(self, space: int) -> None:
        if space in self._dropped:
            raise SpaceDropped(f"space {space} was dropped")
        # Another process may have dropped it; otherwise there is nothing to make.
        part = self._parts.of_space(space)[0]
        if await self._read(lambda connection: connection.fetchval(_BURIED, part, space)):
            self._dropped.add(space)
            raise SpaceDropped(f"space {space} was dropped")

    async def space_drop(self, space: int) -> None:
        if self._in_flight:  # what was submitted before vanishes with the space
            await asyncio.wait(set(self._in_flight))
        self._dropped.add(space)
        await self._read(lambda connection: postgres_drops.bury(connection, self._parts, space))
        self._upkeep.swept_soon()

    async def stats(self, space: int) -> Stats:
        rows = size = 0
        if space in self._dropped:
            return Stats(0, 0)
        for part in self._parts.of_space(space):
            found = await self._read(
                lambda connection, part=part: connection.fetchrow(  # type: ignore[misc]
                    postgres_drops.STATS, part, space
                )
            )
            rows, size = rows + found[0], size + found[1]
        return Stats(rows, size)

    # The whole

    async def version_floor(self) -> int:
        return self._floor

    async def health(self) -> Health:
        details = self._pool.figures
        try:
            await self._read(lambda connection: connection.fetchval("SELECT 1"))
        except StorageError as fault:
            return Health("postgres", False, str(fault), details)
        return Health("postgres", self._error is None, self._error, details)

    async def close(self) -> None:
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        while self._in_flight:
            await asyncio.wait(set(self._in_flight))
        await self._upkeep.close()
        await self._pool.close()

    async def _taken(self) -> Connection:
        try:
            return await self._pool.take()
        except StorageError as fault:
            self._error = str(fault)
            raise

    async def _read(self, work: Callable[[Connection], Awaitable[_T]]) -> _T:
        """Do what may safely be done twice: again after a lost connection, a deadlock, a switch of
        primaries. Raises StorageError."""
        attempt = 0
        while True:
            attempt += 1
            connection = await self._pool.take()
            try:
                answer = await work(connection)
            except FAULTS as fault:
                self._pool.give(connection, broken=is_spoilt(fault))
                again = is_transient(fault) or is_lost(fault) or state_of(fault) == READ_ONLY
                if not again or attempt == TRIES_MAX:
                    raise self._failed(fault) from fault
                await asyncio.sleep(random.random() * min(0.2, 0.002 * 2**attempt))
            except BaseException:
                self._pool.give(connection, broken=True)
                raise
            else:
                self._pool.give(connection)
                return answer

    def _failed(self, fault: BaseException) -> StorageError:
        told = explain(fault, self._address.shown)
        self._error = str(told)
        return told


_BURIED = "SELECT 1 FROM graves WHERE part = $1 AND space = $2"


def _heard(task: asyncio.Task[Conflict | None] | asyncio.Task[None]) -> None:
    """Whoever waited for it may have gone: its failure is no news to anybody."""
    if not task.cancelled():
        task.exception()
