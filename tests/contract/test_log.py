"""The log: numbering, order, bounds, trimming."""

from __future__ import annotations

import asyncio

from jedlik.storage.waist import ANY, Change, Engine, LogBounds, LogEntry, Put
from tests.contract.rows import batch, key, put


async def append(engine: Engine, *records: bytes, space: int = 1, part: int = 0) -> None:
    changes = [Change(space, part, record) for record in records]
    assert await engine.commit(batch(changes=changes)) is None


async def test_an_unwritten_log_is_empty(engine: Engine) -> None:
    assert await engine.log_read(1, 0, 0, 10) == []
    assert await engine.log_bounds(1, 0) == LogBounds(1, 0)
    await engine.log_trim(1, 0, 5)
    assert await engine.log_bounds(1, 0) == LogBounds(1, 0)


async def test_entries_are_numbered_from_one_without_gaps_in_commit_order(engine: Engine) -> None:
    await append(engine, b"a", b"b")
    await append(engine, b"c")
    assert await engine.log_read(1, 0, 0, 10) == [
        LogEntry(1, b"a"), LogEntry(2, b"b"), LogEntry(3, b"c")
    ]  # fmt: skip
    assert await engine.log_bounds(1, 0) == LogBounds(1, 3)


async def test_reading_resumes_and_is_limited(engine: Engine) -> None:
    await append(engine, *[b"%d" % at for at in range(1, 101)])
    assert [entry.seq for entry in await engine.log_read(1, 0, 40, 3)] == [41, 42, 43]
    assert [entry.seq for entry in await engine.log_read(1, 0, 98, 10)] == [99, 100]
    assert await engine.log_read(1, 0, 100, 10) == []
    assert await engine.log_read(1, 0, 1000, 10) == []


async def test_log_bytes_are_limited_but_never_to_nothing(engine: Engine) -> None:
    await append(engine, b"x" * 100, b"y" * 100, b"z" * 100)
    for byte_limit, count in ((1, 1), (199, 1), (200, 2), (300, 3)):
        assert len(await engine.log_read(1, 0, 0, 10, byte_limit=byte_limit)) == count
    assert len(await engine.log_read(1, 0, 0, 2, byte_limit=300)) == 2


async def test_parts_and_spaces_have_logs_of_their_own(engine: Engine) -> None:
    changes = [Change(1, 0, b"a"), Change(1, 1, b"b"), Change(2, 0, b"c"), Change(1, 0, b"d")]
    assert await engine.commit(batch(Put(key("p"), ANY, b"v"), changes=changes)) is None
    assert await engine.log_read(1, 0, 0, 10) == [LogEntry(1, b"a"), LogEntry(2, b"d")]
    assert await engine.log_read(1, 1, 0, 10) == [LogEntry(1, b"b")]
    assert await engine.log_read(2, 0, 0, 10) == [LogEntry(1, b"c")]


async def test_concurrent_commits_log_in_the_order_in_which_they_took_effect(
    engine: Engine,
) -> None:
    at = key("p")
    await put(engine, at, b"0")

    async def write(number: int) -> None:
        row = await engine.get_one(at, pending=True)
        while row is not None:
            change = Change(1, 0, row.value + b">%d" % number)
            written = batch(Put(at, row.version, b"%d" % number), changes=[change])
            conflict = await engine.commit(written)
            row = None if conflict is None else conflict.row

    await asyncio.gather(*[write(number) for number in range(1, 60)])
    before = b"0"
    for entry in await engine.log_read(1, 0, 0, 1000):
        was, _, now = entry.record.partition(b">")
        assert was == before
        before = now
    row = await engine.get_one(at)
    assert row is not None
    assert row.value == before


async def test_trimming_forgets_the_oldest_and_numbering_goes_on(engine: Engine) -> None:
    await append(engine, *[b"%d" % at for at in range(1, 11)])
    await engine.log_trim(1, 0, 4)
    assert await engine.log_bounds(1, 0) == LogBounds(5, 10)
    assert [entry.seq for entry in await engine.log_read(1, 0, 0, 2)] == [5, 6]
    await engine.log_trim(1, 0, 2)
    assert await engine.log_bounds(1, 0) == LogBounds(5, 10)
    await engine.log_trim(1, 0, 999)
    assert await engine.log_bounds(1, 0) == LogBounds(11, 10)
    assert await engine.log_read(1, 0, 0, 10) == []
    await append(engine, b"next")
    assert await engine.log_read(1, 0, 0, 10) == [LogEntry(11, b"next")]
    assert await engine.log_bounds(1, 0) == LogBounds(11, 11)
