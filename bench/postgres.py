"""`make bench-postgres`: what Jedlik adds to PostgreSQL.

Three ways to the same server, one after the other, at 1, 16 and 64 callers:

    asyncpg   the statements that the engine would send, and nothing else
    engine    the storage engine in a process of its own: it makes the statements, retries, pools
    Jedlik    signed HTTP requests to a server with --store, by the generator of `make bench`

    python -m bench.postgres [--quick] [--durable]

All run on the cores that there are, beside each other. With --durable the server waits for its
disk as it would in earnest; without, more of the time is ours. Prints Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import uvloop

from bench import generator, sections
from bench.workloads import Workload, key
from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.postgres_commit import plan_batch, statement
from jedlik.storage.postgres_dialect import GET_ONE, Plain
from jedlik.storage.postgres_parts import Parts
from jedlik.storage.waist import ANY, Batch, Key, Put, Tally
from tests.support.postgres import Cluster
from tests.support.raw import Raw
from tests.support.server import Server

CALLERS = (1, 16, 64)
CONNECTIONS = 16
REPORT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
KEYS = 10_000
VALUE = b'{"pk":{"S":"k000000"},"v":{"S":"' + b"x" * 460 + b'"}}'
TABLE = "items"
ITEMS, INDEX = 1000, 1001  # spaces
EXPECTED, NEW = -7777, -8888  # stand for versions in prepared arguments


@dataclass(frozen=True)
class Figure:
    per_s: float
    p50_ms: float

    def __str__(self) -> str:
        return f"{self.per_s:,.0f} ({self.p50_ms:.2g})"


Call = Callable[[Random], Awaitable[None]]


async def measure(call: Call, callers: int, seconds: float) -> Figure:
    """So many callers, each with one request at a time."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def caller(seed: int) -> None:
        random = Random(seed)
        while (begin := time.perf_counter()) < end:
            await call(random)
            latencies.append(time.perf_counter() - begin)

    began = time.perf_counter()
    await asyncio.gather(*[caller(seed) for seed in range(callers)])
    elapsed = time.perf_counter() - began
    return Figure(len(latencies) / elapsed, statistics.median(latencies) * 1000)


# The same work for asyncpg and for the engine


def token(n: int) -> bytes:
    return blake2b(b"k%06d" % n, digest_size=16).digest()


def item(n: int) -> Key:
    return (ITEMS, token(n), b"", b"")


def writes(n: int, expect: int) -> list[Put]:
    """A conditional put and its entry in one index."""
    return [Put(item(n), expect, VALUE), Put((INDEX, token(n % 100), b"", token(n)), ANY, VALUE)]


def batch(chosen: list[int], expect: list[int], version: int, *, indexed: bool) -> Batch:
    if indexed:
        return Batch(version, writes(chosen[0], expect[0]), (), [Tally(ITEMS, 0, 1)])
    puts = [Put(item(n), seen, VALUE) for n, seen in zip(chosen, expect, strict=True)]
    return Batch(version, puts, (), [Tally(ITEMS, 0, 1)])


class Statements:
    """asyncpg with as many connections as the engine has, handed out first come first served."""

    def __init__(
        self, connections: list[Any], parts: Parts, versions: itertools.count[int]
    ) -> None:
        self._idle: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        for each in connections:
            self._idle.put_nowait(each)
        self._parts = parts
        self._versions = versions
        self._made: dict[tuple[int, ...], tuple[str, list[Any]]] = {}

    async def get(self, random: Random) -> None:
        wanted = item(random.randrange(KEYS))
        connection = await self._idle.get()
        try:
            assert await connection.fetchrow(GET_ONE, self._parts.of_key(wanted), *wanted)
        finally:
            self._idle.put_nowait(connection)

    async def put(self, random: Random) -> None:
        await self._write([random.randrange(KEYS)], indexed=True)

    async def transact(self, random: Random) -> None:
        await self._write(sorted(random.sample(range(KEYS), 4)), indexed=False)

    async def _write(self, chosen: list[int], *, indexed: bool) -> None:
        made = self._made.get(tuple(chosen))
        if made is None:
            plan = plan_batch(batch(chosen, [EXPECTED] * 4, NEW, indexed=indexed), self._parts)
            made = self._made[tuple(chosen)] = statement(plan, pinned=None, touch=False)
        connection = await self._idle.get()
        try:
            while True:
                keys = [item(n) for n in chosen]
                if len(keys) == 1:
                    part = self._parts.of_key(keys[0])
                    rows = [await connection.fetchrow(GET_ONE, part, *keys[0])]
                else:
                    rows = await Plain().get(connection, keys, self._parts, snapshot=False)
                seen = {at: row[0] for at, row in zip(keys, rows, strict=True)}
                version = next(self._versions)
                ordered = [seen[at] for at in sorted(seen)]
                arguments = [_filled(value, ordered, version) for value in made[1]]
                if (await connection.fetchrow(made[0], *arguments))[1]:
                    return
        finally:
            self._idle.put_nowait(connection)


def _filled(value: Any, seen: list[int], version: int) -> Any:
    if isinstance(value, list):
        return seen if EXPECTED in value else value
    return version if value == NEW else seen[0] if value == EXPECTED else value


class Callers:
    def __init__(self, engine: PostgresEngine, versions: itertools.count[int]) -> None:
        self._engine = engine
        self._versions = versions

    async def get(self, random: Random) -> None:
        assert await self._engine.get_one(item(random.randrange(KEYS)))

    async def put(self, random: Random) -> None:
        await self._write([random.randrange(KEYS)], indexed=True)

    async def transact(self, random: Random) -> None:
        await self._write(random.sample(range(KEYS), 4), indexed=False)

    async def _write(self, chosen: list[int], *, indexed: bool) -> None:
        while True:
            rows = await self._engine.get([item(n) for n in chosen])
            seen = [row.version for row in rows if row]
            written = batch(chosen, seen, next(self._versions), indexed=indexed)
            if await self._engine.commit(written) is None:
                return


async def in_process(cluster: Cluster, seconds: float) -> dict[tuple[str, str, int], Figure]:
    """asyncpg and the engine, taking turns."""
    url = cluster.url("bench_engine", connections=CONNECTIONS)
    engine = await PostgresEngine.open(url)
    versions = itertools.count(1 << 30)
    for first in range(0, KEYS, 100):
        puts = [put for n in range(first, first + 100) for put in writes(n, ANY)]
        assert await engine.commit(Batch(next(versions), puts)) is None
    # With the sessions that the engine's pool would make.
    async with _Sessions(engine) as connections:
        ways = {
            "asyncpg": Statements(connections, Parts(16), versions),
            "engine": Callers(engine, versions),
        }
        found = {}
        for callers, name in itertools.product(CALLERS, ("get", "put", "transact")):
            for way, work in ways.items():
                call = getattr(work, name)
                await measure(call, callers, seconds / 4)
                found[name, way, callers] = await measure(call, callers, seconds)
    await engine.close()
    return found


class _Sessions:
    def __init__(self, engine: PostgresEngine) -> None:
        self._pool = engine._pool
        self._made: list[Any] = []

    async def __aenter__(self) -> list[Any]:
        self._made = [await self._pool._connect_once() for _ in range(CONNECTIONS)]
        return self._made

    async def __aexit__(self, *_: object) -> None:
        for each in self._made:
            await each.close()


# Over HTTP


def _item(n: int) -> dict[str, Any]:
    return {"pk": {"S": key(n)}, "gk": {"S": str(n % 100)}, "v": {"S": "x" * 440}}


def _get(r: Random, n: int) -> dict[str, Any]:
    return {"TableName": TABLE, "Key": {"pk": {"S": key(n)}}, "ConsistentRead": True}


def _put(r: Random, n: int) -> dict[str, Any]:
    changed = {**_item(n), "v": {"S": "y" * 440}}
    return {"TableName": TABLE, "Item": changed, "ConditionExpression": "attribute_exists(pk)"}


def _transact(r: Random, n: int) -> dict[str, Any]:
    return {
        "TransactItems": [
            {"Put": {"TableName": "plain", "Item": {"pk": {"S": key(at)}, "v": {"S": "z" * 460}}}}
            for at in r.sample(range(KEYS), 4)
        ]
    }


HTTP = {
    "get": Workload("get", "GetItem", KEYS, _get, lambda request, answer: "Item" in answer),
    "put": Workload("put", "PutItem", KEYS, _put, lambda request, answer: answer == {}),
    "transact": Workload(
        "transact", "TransactWriteItems", KEYS, _transact, lambda request, answer: answer == {}
    ),
}


def over_http(cluster: Cluster, seconds: float) -> dict[tuple[str, str, int], Figure]:
    program = generator.compile_generator()
    found = {}
    with tempfile.TemporaryDirectory() as kept:
        store = cluster.url("bench_server", connections=CONNECTIONS)
        with Server("--store", store, "--data", f"{kept}/data", "--dax-nodes", "0") as server:
            host = server.endpoint.removeprefix("http://")
            _fill(Raw(server.endpoint))
            for name, workload in HTTP.items():
                signed = generator.Signed(workload, host, 1, Path(kept))
                for callers in CALLERS:
                    generator.run(program, signed, connections=callers, seconds=seconds / 4)
                    load = generator.run(program, signed, connections=callers, seconds=seconds)
                    found[name, "Jedlik", callers] = Figure(load.rate, load.p50_ms)
    return found


def _fill(raw: Raw) -> None:
    index = {
        "IndexName": "by-gk",
        "KeySchema": [{"AttributeName": "gk", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    for name, indexes in ((TABLE, [index]), ("plain", [])):
        defined = [{"AttributeName": at, "AttributeType": "S"} for at in ("pk", "gk")]
        table: dict[str, Any] = {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": defined if indexes else defined[:1],
            "BillingMode": "PAY_PER_REQUEST",
        }
        if indexes:
            table["GlobalSecondaryIndexes"] = indexes
        _ask(raw, "CreateTable", table)
    while _ask(raw, "DescribeTable", {"TableName": TABLE})["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.05)
    for first in range(0, KEYS, 25):
        puts = [{"PutRequest": {"Item": _item(n)}} for n in range(first, first + 25)]
        _ask(raw, "BatchWriteItem", {"RequestItems": {TABLE: puts}})


def _ask(raw: Raw, operation: str, request: dict[str, Any]) -> Any:
    answer = raw.call(operation, request)
    assert answer.status == 200, answer.body
    return answer.json


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.postgres", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of a second for each figure")
    parser.add_argument("--durable", action="store_true", help="the server waits for its disk")
    asked = parser.parse_args()
    seconds = 0.3 if asked.quick else 3.0
    with Cluster(durable=asked.durable) as cluster:
        version = cluster.sql("SHOW server_version")[0][0]
        found = uvloop.run(in_process(cluster, seconds)) | over_http(cluster, seconds)
    text = "\n".join(_lines(found, version, durable=asked.durable, seconds=seconds))
    print(text)
    if not asked.quick:
        REPORT.write_text(sections.with_section(REPORT.read_text(), sections.POSTGRES, text))


def _lines(
    found: dict[tuple[str, str, int], Figure], version: str, *, durable: bool, seconds: float
) -> Iterator[str]:
    waits = "waiting for its disk" if durable else "not waiting for its disk"
    yield "## On PostgreSQL"
    yield ""
    yield "Written by `make bench-postgres`: the bare statements by asyncpg, the engine, and signed"
    yield f"requests, one after the other on one machine, {seconds:g} s for each figure. PostgreSQL"
    yield f"{version} ({waits}), asyncpg {asyncpg.__version__}, Python"
    yield f"{platform.python_version()}, {KEYS} items of 500 bytes, {CONNECTIONS} connections."
    yield "Operations a second (p50 in ms)."
    yield ""
    titles = {
        "get": "GetItem",
        "put": "conditional PutItem, one index",
        "transact": "TransactWriteItems of 4",
    }
    yield "| | callers | asyncpg | engine | Jedlik | engine over asyncpg | Jedlik over asyncpg |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for (name, title), callers in itertools.product(titles.items(), CALLERS):
        raw, engine, http = (found[name, way, callers] for way in ("asyncpg", "engine", "Jedlik"))
        shares = [f"{1000 / way.per_s - 1000 / raw.per_s:+.3f} ms" for way in (engine, http)]
        yield f"| {title} | {callers} | {raw} | {engine} | {http} | {shares[0]} | {shares[1]} |"
    yield ""
    yield "The last two columns: time that a request takes more of the whole machine (1/rate)."


if __name__ == "__main__":
    main()
