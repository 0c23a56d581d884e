"""Queries of Logs Insights are run again after a crash, and forgotten in time."""

from __future__ import annotations

import asyncio
import json

import pytest

from jedlik.services.logs import querying
from jedlik.services.logs.insight_queries import KEPT_MS, Queries, Query
from jedlik.services.logs.store import Logs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.internal import InternalTable
from jedlik.workers.log_queries import LogQueries
from jedlik.workers.log_retention import LogRetention

ACCOUNT, REGION = "000000000000", "us-east-1"


@pytest.fixture
async def db() -> Database:
    database = Database(MemoryEngine())
    await database.open()
    return database


async def added(db: Database, text: str) -> Queries:
    logs = Logs(db, ACCOUNT, REGION)
    await logs.ensure("g", "s")
    await logs.put("g", "s", [(1000 + n, f"m{n} " + "x" * 2000) for n in range(50)])
    queries = Queries(db, ACCOUNT, REGION)
    await queries.add(
        Query(
            id="q", account=ACCOUNT, region=REGION, text=text, groups=("g", "gone"), from_ms=0,
            to_ms=5000, limit=100, created_ms=db.clock.now_ms(),
        )
    )  # fmt: skip
    return queries


async def test_a_query_that_was_cut_off_is_run_again(db: Database) -> None:
    queries = await added(db, "fields @message")
    worker = LogQueries(db)
    cut_off = asyncio.create_task(worker.step(0))
    while (await queries.get("q")).status != "Running":  # noqa: ASYNC110
        await asyncio.sleep(0)
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    # As what a run that was cut off had left of its results.
    await queries.keep_page("q", 0, "[" + "1," * 40_000)
    assert not await LogQueries(db).step(0)
    found = await queries.get("q")
    assert (found.status, found.rows, found.scanned) == ("Complete", 50, 50)
    rows = json.loads(await queries.page("q", 0))
    assert [row[0]["value"].split()[0] for row in rows] == [f"m{n}" for n in range(49, -1, -1)]
    await LogRetention(db).step(found.created_ms + KEPT_MS - 1000)
    assert (await queries.get("q")).rows == 50
    await LogRetention(db).step(found.created_ms + KEPT_MS + 1000)
    assert await InternalTable(db, "log_queries").all() == []


async def test_a_query_has_its_time(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querying, "RUN_S_MAX", 0.2)
    queries = await added(db, "filter @message like /^(m|[0-9]|m[0-9]| |x|xx)+!/")
    assert not await LogQueries(db).step(0)
    assert (await queries.get("q")).status == "Timeout"


async def test_a_query_has_its_memory(db: Database) -> None:
    doubling = " | ".join(f"fields concat(a{n}, a{n}) as a{n + 1}" for n in range(24))
    queries = await added(db, f"fields @message as a0 | {doubling} | sort a24")
    assert not await LogQueries(db).step(0)
    found = await queries.get("q")
    assert found.status == "Failed" and found.ended_ms
