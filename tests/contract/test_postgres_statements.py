"""An audit of every SQL text that is sent: on Citus one that pins no part goes to every machine.

Everything that the engine can do is done once; of each text, each mention of a distributed table
must come with `part` pinned by equality, or the text must be on the list with its reason.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

import asyncpg
import pytest

from jedlik.storage import postgres_drops
from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.postgres_schema import DISTRIBUTED, MIGRATIONS
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Change,
    Conflict,
    Delete,
    Keep,
    Key,
    Put,
    Tally,
    Write,
)
from tests.contract.rows import ALL, key, token

Open = Callable[..., Awaitable[PostgresEngine]]

ANYWHERE: dict[str, str] = {
    **{
        statement: "makes the tables, once for a store"
        for migration in MIGRATIONS
        for statement in migration
    },
    postgres_drops.GRAVES: "once at start and every 20 s: which spaces other processes dropped",
    postgres_drops.UNSWEPT: "every 20 s, by the background task",
}
PLAIN_ONLY = re.compile(r"^SELECT token, sort, sub, .* FROM kv WHERE space = \$1::int8 AND")
"""Plain PostgreSQL scans a space in one stretch of its index; for Citus it goes part by part."""


def unpinned(text: str, *, routed: bool = False) -> list[str]:
    """The mentions of distributed tables in a statement that pin no part.

    routed: one part for the whole statement, as Citus wants it; else one for each row will do.
    """
    if text in ANYWHERE:
        return []
    flat = re.sub(r"\s+", " ", text)
    found = []
    for table in DISTRIBUTED:
        # Each (sub)query by itself: what lies within further parentheses is another's.
        for scope in scopes(flat):
            if not re.search(rf"\b(FROM|INTO|UPDATE|USING|,) {table}\b", scope):
                continue
            inserts = re.search(rf"INSERT INTO {table} \(part\b", flat)
            if f"INSERT INTO {table}" in scope and inserts:
                continue
            alias = (
                rf"(\b{table}\.|\b[a-z]\.|(?<![.\w]))part = (\$\d+{'' if routed else '|g[.]part'})"
            )
            if not re.search(alias, scope):
                found.append(f"{table} in {scope}")
    return found


def scopes(text: str) -> Iterator[str]:
    """The text of each pair of parentheses without what is inside inner ones, and of the whole."""
    stack = [""]
    for character in text:
        if character == "(":
            stack.append("")
        elif character == ")" and len(stack) > 1:
            yield stack.pop()
            stack[-1] += "()"
        else:
            stack[-1] += character
    yield from stack


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("SELECT val FROM kv WHERE part = $1 AND space = $2", True),
        ("SELECT val FROM kv WHERE space = $1", False),
        ("SELECT val FROM kv WHERE part > $1", False),
        ("DELETE FROM log USING g WHERE log.part = $1 AND seq < (SELECT min(seq) FROM log)", False),
        ("INSERT INTO inbox (part, space) SELECT g.part, g.space FROM g", True),
        ("INSERT INTO inbox (space) SELECT g.space FROM g", False),
        ("SELECT value FROM meta", True),
    ],
)
def test_the_audit_sees_what_it_should(text: str, fine: bool) -> None:
    assert (unpinned(text) == []) is fine


async def test_every_statement_pins_its_part(
    open_postgres: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: set[str] = set()
    engine = await open_postgres(
        on_connect=lambda connection: connection.add_query_logger(
            lambda query: sent.add(query.query)
        )
    )
    await write_in_every_way(engine)
    await read_in_every_way(engine)
    await tally_and_drop(engine, monkeypatch)
    texts = {text for text in sent if not text.startswith(("BEGIN", "COMMIT", "ROLLBACK"))}
    assert len(texts) > 60, "the audit saw hardly anything"
    routed = engine.dialect == "citus"
    if not routed:
        scans = {text for text in texts if PLAIN_ONLY.match(text)}
        assert scans
        texts -= scans
    assert [problem for text in sorted(texts) for problem in unpinned(text, routed=routed)] == []


async def write_in_every_way(engine: PostgresEngine) -> None:
    """One row of a kind makes another text than several; so do one part and several."""
    versions = itertools.count(10)

    async def commit(*writes: Write, n: int = 0, fences: Sequence[Keep] = ()) -> Conflict | None:
        changes = [Change(2, at, b"r") for at in range(n)]
        tallies = [Tally(space, 1, 1) for space in range(1, n + 1)]
        return await engine.commit(Batch(next(versions), writes, changes, tallies, fences))

    async def put(keys: list[Key]) -> int:
        version = next(versions)
        assert await engine.commit(Batch(version, [Put(at, ANY, b"v") for at in keys])) is None
        return version

    for count, spread in itertools.product((1, 2), (False, True)):
        for n in (0, 1, 2):
            a, b, c = (
                [key(f"{at}" if spread else "one", bytes([name, count, n])) for at in range(count)]
                if spread
                else [key("one", bytes([name, count, n, at])) for at in range(count)]
                for name in (1, 2, 3)
            )
            await commit(*[Delete(at, ANY) for at in (*a, *b, *c)])
            assert await commit(*[Put(at, ABSENT, b"v") for at in a], n=n) is None
            seen = await put(a)
            assert await commit(*[Put(at, seen, b"w") for at in a], n=n) is None
            seen = await put(a)
            assert (
                await commit(
                    *[Keep(at, seen) for at in a],
                    *[Put(at, ANY, b"x") for at in b],
                    *[Keep(at, ABSENT) for at in c],
                    n=n,
                )
                is None
            )
            assert (
                await commit(
                    *[Keep(at, seen) for at in a],
                    *[Delete(at, ANY) for at in b],
                    *[Put(at, ABSENT, b"y") for at in c],
                    n=n,
                )
                is None
            )
            assert await commit(*[Keep(at, ABSENT) for at in b]) is None
            fences = [Keep(at, seen) for at in a]
            for writes in (
                [Put(at, ANY, b"x") for at in b],
                [Delete(at, ANY) for at in b],
                [Put(at, ABSENT, b"x") for at in b],
                [*[Keep(at, ABSENT) for at in c][:0], *[Delete(at, ANY) for at in c]],
                [*[Put(at, ABSENT, b"y") for at in c], *[Keep(at, ANY) for at in b]],
            ):
                assert await commit(*writes, n=n, fences=fences) is None
            await commit(*[Delete(at, ANY) for at in (*b, *c)])
            assert await commit(*[Put(at, 1 << 60, b"") for at in a]) is not None
            assert await commit(*[Delete(at, seen) for at in a], n=n) is None


async def read_in_every_way(engine: PostgresEngine) -> None:
    keys = [key(f"{at}", bytes([1, 2, 1])) for at in range(3)]
    await engine.get_one(keys[0])
    for snapshot in (False, True):
        await engine.get(keys, snapshot=snapshot)
    bounds = [(None, None, None), (b"a", b"b", None), (b"", None, (b"", b"")), (None, b"z", None)]
    for reverse, (low, high, after) in itertools.product((False, True), bounds):
        await engine.range(
            1, token("one"), low, high, reverse=reverse, after=after, low_open=reverse, **ALL
        )
    await engine.scan(1, b"", None, **ALL)
    await engine.scan(1, b"\x10", b"\xa0", after=(b"\x20", b"", b""), item_limit=1, byte_limit=9)
    for part in (0, 1):
        assert await engine.log_read(2, part, 0, 10)
        await engine.log_bounds(2, part)
        await engine.log_trim(2, part, 1)


async def tally_and_drop(engine: PostgresEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(300):
        assert await engine.commit(Batch(1000 + at, (), (), [Tally(1, 1, 1)])) is None
    assert (await engine.stats(1)).rows >= 300
    deadline = time.monotonic() + 30
    while await count(engine, "tallies WHERE space = 1") > 200:
        assert time.monotonic() < deadline, "deltas were not summed"
        await asyncio.sleep(0.02)
    assert (await engine.stats(1)).rows >= 300
    await engine.space_create(9)
    await engine.space_drop(1)
    await engine.health()
    await engine.version_floor()
    monkeypatch.setattr(postgres_drops, "STRAGGLERS_MS", -1)
    assert await postgres_drops.sweep_all(engine._pool, engine._parts) is False
    for table in ("kv", "inbox", "seqs", "log", "tallies"):
        assert await count(engine, f"{table} WHERE space = 1") == 0
    assert await count(engine, "graves WHERE NOT swept") == 0


async def count(engine: PostgresEngine, what: str) -> int:
    """Asked on a connection of the test's own: the audit is about the engine."""
    connection = await asyncpg.connect(
        engine._address.dsn, server_settings={"search_path": engine._address.schema}
    )
    try:
        found: int = await connection.fetchval(f"SELECT count(*) FROM {what}")
        return found
    finally:
        await connection.close()
