"""run: one query of Logs Insights, in a process of its own that is given the events.

The server reads the events and does nothing with them; what the query does to them happens in
`insights/__main__.py`, which is ended when it takes too long, or when the query is stopped.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec
import orjson

from jedlik.api.errors import ApiError
from jedlik.services.logs.insight_queries import Queries, Query
from jedlik.services.logs.merging import newest_first
from jedlik.services.logs.store import Logs, Stream
from jedlik.services.programs import start
from jedlik.tables.database import Database

PROGRAM = "jedlik.services.logs.insights"
RUN_S_MAX = 3600.0
"""Queries run for 60 minutes at most (API reference, GetQueryResults)."""
BATCH_EVENTS, BATCH_BYTES = 500, 1 << 20
LINE_BYTES_MAX = 1 << 29
EVENTS_PER_TURN = 100

_log = logging.getLogger("jedlik.logs")


async def run(db: Database, query: Query) -> None:
    """Run a query to its end, and keep what it finds. Raises Contended."""
    queries = Queries(db, query.account, query.region)
    await queries.change(query.id, lambda now: msgspec.structs.replace(now, status="Running"))
    try:
        async with asyncio.timeout(RUN_S_MAX):
            ended = await _run(db, queries, query)
    except TimeoutError:
        ended = msgspec.structs.replace(query, status="Timeout")
    now_ms = db.clock.now_ms()
    await queries.change(query.id, lambda now: msgspec.structs.replace(ended, ended_ms=now_ms))


async def _run(db: Database, queries: Queries, query: Query) -> Query:
    process = await start(PROGRAM, line_bytes_max=LINE_BYTES_MAX)
    try:
        assert process.stdin is not None and process.stdout is not None
        scanned = size = 0
        try:
            scanned, size = await _give(db, query, process.stdin)
        except (ConnectionError, BrokenPipeError):
            pass  # it has ended, and has said why, or nothing
        line = await process.stdout.readline()
        answer = orjson.loads(line) if line else {"fault": ""}
        if "fault" in answer:
            await process.wait()
            told = answer["fault"] or f"its process has ended with {process.returncode}"
            _log.warning("query %s of Logs Insights failed: %s", query.id, told)
            return msgspec.structs.replace(query, status="Failed")
        number = 0
        while page := await process.stdout.readline():
            await queries.keep_page(query.id, number, page.decode())
            number += 1
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return msgspec.structs.replace(
        query,
        status="Complete",
        scanned=scanned,
        scanned_bytes=size,
        matched=answer["matched"],
        rows=answer["rows"],
    )


async def _give(db: Database, query: Query, pipe: asyncio.StreamWriter) -> tuple[int, int]:
    """The events of its time; their number and bytes."""
    _frame(pipe, orjson.dumps({"query": query.text, "limit": query.limit}))
    scanned = size = held = 0
    batch: list[tuple[str, int, int, str, str, str]] = []

    async def flush() -> None:
        nonlocal batch, held
        _frame(pipe, msgspec.msgpack.encode(batch))
        batch, held = [], 0
        await pipe.drain()

    logs = Logs(db, query.account, query.region)
    found, logs_of = await _streams(logs, query)
    events = newest_first(logs, found, from_ms=query.from_ms, to_ms=query.to_ms)
    async for name, stream, event in events:
        event = await logs.whole(stream, name, event)
        log = logs_of[stream.id]
        batch.append((name, event.at_ms, event.ingested_ms, stream.name, log, event.message))
        scanned += 1
        held += len(event.message.encode())
        size += len(event.message.encode())
        if len(batch) >= BATCH_EVENTS or held >= BATCH_BYTES:
            await flush()
        if not scanned % EVENTS_PER_TURN:
            await db.pace.turn()
    if batch:
        await flush()
    _frame(pipe, b"")
    await pipe.drain()
    return scanned, size


async def _streams(logs: Logs, query: Query) -> tuple[list[Stream], dict[str, str]]:
    """Those that may have something of the query's time, and by their ids what @log is of each."""
    found: list[Stream] = []
    log: dict[str, str] = {}
    for name in query.groups:
        try:
            group = await logs.group(name)
        except ApiError:
            continue  # deleted since
        for stream in await logs.streams(group):
            if stream.first_ms is None or stream.last_ms is None:
                continue
            if stream.first_ms <= query.to_ms and stream.last_ms >= query.from_ms:
                found.append(stream)
                log[stream.id] = f"{query.account}:{name}"
    return found, log


def _frame(pipe: asyncio.StreamWriter, data: bytes) -> None:
    pipe.write(len(data).to_bytes(4, "big") + data)
