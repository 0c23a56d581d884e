"""Spaces that are dropped, and tallies that are summed: the work that no request waits for.

A drop puts a gravestone into every part, which every commit looks for; then rows, log and tallies
are deleted in pieces. A commit that began before the stone was there may still write after the
first sweep has passed, so the stone is swept around again once no such statement can be running.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from jedlik.storage.postgres_faults import FAULTS
from jedlik.storage.postgres_parts import Parts
from jedlik.storage.postgres_pool import STATEMENT_S_MAX, Connection, Pool
from jedlik.storage.waist import StorageError

ROWS_AT_ONCE = 2000
STRAGGLERS_MS = 2 * STATEMENT_S_MAX * 1000
LOOK_S = 20.0

BURY = (
    "INSERT INTO graves (part, space, at_ms, swept) VALUES ($1, $2, $3, false)"
    " ON CONFLICT (part, space) DO NOTHING"
)
GRAVES = "SELECT DISTINCT space FROM graves"
UNSWEPT = "SELECT space, max(at_ms) FROM graves WHERE NOT swept GROUP BY space"
SWEPT = "UPDATE graves SET swept = true WHERE part = $1 AND space = $2"
SWEEPS = tuple(
    f"WITH gone AS (DELETE FROM {table} USING (SELECT {', '.join(key)} FROM {table}"
    f" WHERE part = $1 AND space = $2 ORDER BY {', '.join(key)} LIMIT {ROWS_AT_ONCE}) AS g"
    f" WHERE {table}.part = $1 AND {table}.space = $2 AND "
    + " AND ".join(f"{table}.{name} = g.{name}" for name in key)
    + " RETURNING 1) SELECT count(*) FROM gone"
    for table, key in (
        ("kv", ("token", "sort", "sub")),
        ("inbox", ("lane", "ver", "n")),
        ("log", ("lane", "seq")),
        ("seqs", ("lane",)),
        ("tallies", ("ver", "n")),
    )
)
FOLD = """WITH gone AS (DELETE FROM tallies WHERE part = $1 AND space = $2
    RETURNING ver, n, rows, bytes)
INSERT INTO tallies (part, space, ver, n, rows, bytes)
SELECT $1, $2, max(ver), -1, sum(rows), sum(bytes) FROM gone HAVING count(*) > 0"""
STATS = (
    "SELECT COALESCE(sum(rows), 0)::int8, COALESCE(sum(bytes), 0)::int8, count(*)"
    " FROM tallies WHERE part = $1 AND space = $2"
)
FOLDED_FROM = 64
"""So many deltas of one place are worth summing."""

_log = logging.getLogger("jedlik.storage")


async def bury(connection: Connection, parts: Parts, space: int) -> None:
    """From now on no commit can write to `space`, but those that are running."""
    now_ms = time.time_ns() // 1_000_000
    async with connection.transaction():
        for part in parts.of_space(space):
            await connection.execute(BURY, part, space, now_ms)


async def sweep(pool: Pool, parts: Parts, space: int) -> None:
    """Delete what a dropped space has left."""
    for part in parts.of_space(space):
        for statement in SWEEPS:
            while True:
                async with pool.connection() as connection:
                    if not await connection.fetchval(statement, part, space):
                        break
                await asyncio.sleep(0)


async def sweep_all(pool: Pool, parts: Parts) -> bool:
    """Sweep around all stones that ask for it; whether some will ask again."""
    async with pool.connection() as connection:
        unswept = await connection.fetch(UNSWEPT)
    now_ms = time.time_ns() // 1_000_000
    left = False
    for space, at_ms in unswept:
        await sweep(pool, parts, space)
        if now_ms - at_ms < STRAGGLERS_MS:
            left = True
            continue
        async with pool.connection() as connection:
            for part in parts.of_space(space):
                await connection.execute(SWEPT, part, space)
    return left


class Upkeep:
    """The engine's background task. `dropped` is kept up to date with other processes' drops."""

    def __init__(self, pool: Pool, parts: Parts, dropped: set[int]) -> None:
        self._pool = pool
        self._parts = parts
        self._dropped = dropped
        self._wake = asyncio.Event()
        self._folds: dict[tuple[int, int], int] = {}
        self._task = asyncio.ensure_future(self._run())

    def swept_soon(self) -> None:
        """A space was dropped."""
        self._wake.set()

    def tallied(self, part: int, space: int) -> None:
        """A delta was appended; now and then they are summed."""
        count = self._folds.get((part, space), 0) + 1
        self._folds[part, space] = count
        if count == FOLDED_FROM * 4:
            self._wake.set()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._round()
            except (StorageError, *FAULTS) as fault:
                _log.info("upkeep waits: %s", fault)
            except Exception:
                _log.warning("upkeep failed", exc_info=True)
            self._wake.clear()
            with suppress(TimeoutError):
                # Not wait_for, which in Python 3.11 may forget that `close` cancels.
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()

    async def _round(self) -> None:
        async with self._pool.connection() as connection:
            self._dropped.update(row[0] for row in await connection.fetch(GRAVES))
            due = [place for place, count in self._folds.items() if count >= FOLDED_FROM]
            for place in due:
                del self._folds[place]
                await connection.execute(FOLD, *place)
        await sweep_all(self._pool, self._parts)
