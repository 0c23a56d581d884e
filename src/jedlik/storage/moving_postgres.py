"""The ends of a move that are PostgreSQL stores.

A source is read in one transaction that locks its tables against writes: whoever uses the store all
the same would write what the move no longer sees. What writers left in the inbox is numbered first.
A target has a table `moving` until it is complete, and no Jedlik starts on it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import asyncpg

from jedlik.storage import postgres_drops, postgres_log, postgres_reads, postgres_schema
from jedlik.storage.moving import PAGE_BYTES, PAGE_ROWS, Marks
from jedlik.storage.postgres_address import Address, parse_address
from jedlik.storage.postgres_faults import FAULTS, explain
from jedlik.storage.postgres_parts import Parts
from jedlik.storage.postgres_pool import CONNECT_S_MAX, Connection, application_name, session
from jedlik.storage.waist import Entry, LogBounds, LogEntry, Page, Stats, StorageError

_LOCK = 0x6A65646D  # "jedm": one move at a time has a store
_TRIES = 3
_TABLES = ", ".join(postgres_schema.DISTRIBUTED)
_USERS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = $1 AND pid <> pg_backend_pid()"""
_NEXT_SPACE = """SELECT min(space) FROM (
    SELECT min(space) AS space FROM kv WHERE space > $1
    UNION ALL SELECT min(space) FROM seqs WHERE space > $1
    UNION ALL SELECT min(space) FROM tallies WHERE space > $1) AS each"""
_INBOXES = "SELECT DISTINCT part, space, lane FROM inbox"
_LANES = """SELECT seqs.lane, seqs.next,
    (SELECT log.seq FROM log WHERE log.part = seqs.part AND log.space = seqs.space
        AND log.lane = seqs.lane ORDER BY log.seq LIMIT 1)
    FROM seqs WHERE seqs.part = $1 AND seqs.space = $2 AND seqs.next > 1"""
_LOG = """SELECT seq, rec FROM (SELECT seq, rec, octet_length(rec) AS size,
    sum(octet_length(rec)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS used
    FROM (SELECT seq, rec FROM log WHERE part = $1 AND space = $2 AND lane = $3 AND seq > $4
        ORDER BY seq LIMIT $5) AS near) AS sized
    WHERE used <= $6 OR used = size ORDER BY seq"""
_MARK = """INSERT INTO moving (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"""
_SEQS = "INSERT INTO seqs (part, space, lane, next) VALUES ($1, $2, $3, $4)"
_TALLY = "INSERT INTO tallies (part, space, ver, n, rows, bytes) VALUES ($1, $2, 0, 0, $3, $4)"
_BURIED = (
    "INSERT INTO graves (part, space, at_ms, swept) VALUES ($1, $2, $3, true)"
    " ON CONFLICT (part, space) DO NOTHING"
)


class PostgresEnd:
    """One connection, which nothing else uses."""

    def __init__(self, address: Address, connection: Connection, parts: Parts) -> None:
        self.label = address.shown
        self._connection = connection
        self._parts = parts

    @contextlib.contextmanager
    def _faults(self) -> Any:
        try:
            yield
        except FAULTS as fault:
            raise explain(fault, self.label) from fault

    async def spaces(self) -> list[int]:
        gone = set(await self.dropped())
        found: list[int] = []
        at: int | None = -1
        with self._faults():
            while (at := await self._connection.fetchval(_NEXT_SPACE, at)) is not None:
                if at not in gone:
                    found.append(at)
        return found

    async def dropped(self) -> list[int]:
        with self._faults():
            return [row[0] for row in await self._connection.fetch(postgres_drops.GRAVES)]

    async def rows(self, space: int, after: tuple[bytes, bytes, bytes] | None) -> Page:
        parts = self._parts.of_space(space)
        for part in parts:
            stretch = postgres_reads.scan_stretch(self._parts, space, part, b"", None, after)
            if stretch is None:
                continue
            with self._faults():
                page, _ = await postgres_reads.page(
                    self._connection,
                    stretch,
                    item_limit=PAGE_ROWS,
                    byte_limit=PAGE_BYTES,
                    begun=False,
                )
            if page.entries:
                return Page(page.entries, page.more or part != parts[-1])
        return Page([], False)

    async def lanes(self, space: int) -> dict[int, LogBounds]:
        found: dict[int, LogBounds] = {}
        for part in self._parts.of_space(space):
            with self._faults():
                rows = await self._connection.fetch(_LANES, part, space)
            for lane, following, first in rows:
                found[lane] = LogBounds(following if first is None else first, following - 1)
        return dict(sorted(found.items()))

    async def log(self, space: int, lane: int, after: int) -> list[LogEntry]:
        place = (self._parts.of_log(space, lane), space, lane, after, PAGE_ROWS, PAGE_BYTES)
        with self._faults():
            return [LogEntry(row[0], row[1]) for row in await self._connection.fetch(_LOG, *place)]

    async def stats(self, space: int) -> Stats:
        rows = size = 0
        for part in self._parts.of_space(space):
            with self._faults():
                found = await self._connection.fetchrow(postgres_drops.STATS, part, space)
            assert found is not None
            rows, size = rows + found[0], size + found[1]
        return Stats(rows, size)

    async def version_floor(self) -> int:
        with self._faults():
            return await postgres_schema.ceiling(self._connection)

    async def close(self) -> None:
        with contextlib.suppress(*FAULTS):
            await self._connection.close(timeout=CONNECT_S_MAX)


class PostgresSource(PostgresEnd):
    @classmethod
    async def open(cls, url: str) -> PostgresSource:
        """Raises StorageError: no store there, in use, or out of reach."""
        async with _connected(url) as (address, connection):
            there = await connection.fetchval(
                "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'kv'",
                address.schema,
            )
            if not there:
                raise StorageError(
                    f"there is no store in {address.shown} (schema {address.schema})"
                )
            await _refuse_users(connection, address)
            made = await postgres_schema.prepare(connection, address)
            for _ in range(_TRIES):
                for place in await connection.fetch(_INBOXES):
                    await postgres_log.move(connection, *place)
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                try:
                    await connection.execute(f"LOCK TABLE {_TABLES} IN SHARE MODE NOWAIT")
                except asyncpg.LockNotAvailableError:
                    raise StorageError(_in_use(address)) from None
                if not await connection.fetch(_INBOXES):
                    break
                await connection.execute("ROLLBACK")
            else:
                raise StorageError(_in_use(address))
            return cls(address, connection, Parts(made.parts))


class PostgresTarget(PostgresEnd):
    @classmethod
    async def open(cls, url: str) -> PostgresTarget:
        """A new store, or an unfinished move. Raises StorageError if there is anything else."""
        async with _connected(url) as (address, connection):
            await _refuse_users(connection, address)
            made = await postgres_schema.prepare(connection, address, moving=True)
            if not await postgres_schema.is_moving(connection, address):
                for table in postgres_schema.DISTRIBUTED:
                    if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table})"):
                        raise StorageError(
                            f"{address.shown} holds a store already; a move needs an empty schema"
                            f" (this one is {address.schema})"
                        )
                await connection.execute(
                    "CREATE TABLE moving (name text PRIMARY KEY, value bytea NOT NULL)"
                )
            return cls(address, connection, Parts(made.parts))

    async def marks(self) -> dict[str, bytes]:
        with self._faults():
            found = await self._connection.fetch("SELECT name, value FROM moving")
        return {row[0]: row[1] for row in found}

    async def clear(self, marks: Marks) -> None:
        async with self._transaction(marks):
            for table in (*postgres_schema.DISTRIBUTED, "moving"):
                await self._connection.execute(f"TRUNCATE {table}")

    async def put_rows(self, space: int, entries: Sequence[Entry], marks: Marks) -> None:
        records = [
            (self._parts.of_key((space, token, sort, sub)), space, token, sort, sub, version, value)
            for token, sort, sub, version, value in entries
        ]
        async with self._transaction(marks):
            await self._connection.copy_records_to_table(
                "kv",
                records=records,
                columns=("part", "space", "token", "sort", "sub", "ver", "val"),
            )

    async def put_log(
        self, space: int, lane: int, entries: Sequence[LogEntry], marks: Marks
    ) -> None:
        part = self._parts.of_log(space, lane)
        async with self._transaction(marks):
            await self._connection.copy_records_to_table(
                "log",
                records=[(part, space, lane, *entry) for entry in entries],
                columns=("part", "space", "lane", "seq", "rec"),
            )

    async def put_ends(
        self, space: int, lanes: Mapping[int, LogBounds], stats: Stats, marks: Marks
    ) -> None:
        async with self._transaction(marks):
            for lane, bounds in lanes.items():
                place = (self._parts.of_log(space, lane), space, lane)
                await self._connection.execute(_SEQS, *place, bounds.last + 1)
            if stats != (0, 0):
                first = self._parts.of_space(space)[0]
                await self._connection.execute(_TALLY, first, space, *stats)

    async def finish(self, version_floor: int, dropped: Sequence[int]) -> None:
        now_ms = time.time_ns() // 1_000_000
        async with self._transaction({}):
            await postgres_schema.raise_ceiling(self._connection, version_floor)
            for space in dropped:
                for part in self._parts.of_space(space):
                    await self._connection.execute(_BURIED, part, space, now_ms)
            await self._connection.execute("DROP TABLE moving")

    @contextlib.asynccontextmanager
    async def _transaction(self, marks: Marks) -> AsyncIterator[None]:
        with self._faults():
            async with self._connection.transaction():
                yield
                for mark in marks.items():
                    await self._connection.execute(_MARK, *mark)


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[tuple[Address, Connection]]:
    """A connection that stays open unless the body fails, and has the store to itself among
    moves."""
    address = parse_address(url)
    settings = session(address.schema) | {
        "application_name": "jedlik migrate",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "synchronous_commit": "on",
    }
    connection: Connection | None = None
    try:
        connection = await asyncpg.connect(
            address.dsn,
            timeout=CONNECT_S_MAX,
            target_session_attrs="read-write",
            server_settings=settings,
        )
        if not await connection.fetchval(
            "SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK, address.schema
        ):
            raise StorageError(f"another `jedlik migrate` is at work on {address.shown}")
        yield address, connection
    except ValueError:
        raise StorageError(f"{address.shown}: the address is not valid") from None
    except BaseException as fault:
        if connection is not None:
            connection.terminate()
        if isinstance(fault, FAULTS):
            raise explain(fault, address.shown) from fault
        raise


async def _refuse_users(connection: Connection, address: Address) -> None:
    users = await connection.fetchval(_USERS, application_name(address.schema))
    if users:
        raise StorageError(f"{_in_use(address)} ({users} connections)")


def _in_use(address: Address) -> str:
    return f"{address.shown} is in use: stop every Jedlik that has schema {address.schema}"
