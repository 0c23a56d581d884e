"""The short way of engines that are of one process: what it writes is what `commit` would have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import (
    Batch,
    Change,
    Delete,
    Embedded,
    Keep,
    Put,
    Row,
    SpaceDropped,
    Stats,
    StorageClosed,
    Tally,
    embedded,
)
from tests.contract.rows import batch, key, next_version, put


@pytest.fixture(params=("memory", "sqlite", "sqlite that takes over at once"))
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Embedded]:
    opened: Embedded
    if request.param == "memory":
        opened = MemoryEngine()
    else:
        limits = {"table_bytes": 1} if request.param.endswith("once") else {}
        opened = SqliteEngine.open(tmp_path, **limits)  # type: ignore[arg-type]
    yield opened
    await opened.close()


async def put_seen(engine: Embedded, at: tuple[int, bytes, bytes, bytes], value: bytes) -> int:
    version, row = next_version(), engine.peek(at)
    more, size = (1, len(value)) if row is None else (0, len(value) - len(row.value))
    durable = engine.put_seen(at, version, value, more, size)
    assert engine.peek(at) == Row(version, value)
    if durable is not None:
        await durable
    return version


async def test_a_put_that_was_seen_is_there_counted_and_in_order(engine: Embedded) -> None:
    assert embedded(engine) is engine
    await put(engine, key("b"), b"of commit")
    first = await put_seen(engine, key("a"), b"1")
    last = await put_seen(engine, key("a"), b"22")
    assert last > first
    assert await engine.get_one(key("a")) == Row(last, b"22")
    await put_seen(engine, key("b"), b"3")
    page = await engine.scan(1, b"", None, item_limit=10, byte_limit=1 << 20)
    assert sorted(entry.value for entry in page.entries) == [b"22", b"3"]
    assert (await engine.stats(1)).rows == 1  # `put` counts nothing, so that b is not new
    assert await engine.commit(batch(Keep(key("a"), last), Delete(key("a"), last))) is None
    assert engine.peek(key("a")) is None
    again = await put_seen(engine, key("a"), b"4")
    assert await engine.get_one(key("a")) == Row(again, b"4")


async def test_a_change_of_a_log_goes_with_it(engine: Embedded) -> None:
    await put(engine, key("b"), b"x")
    for number, expected in enumerate((b"1", b"2", b"3")):
        version = next_version()
        if number == 1:
            log = (Change(1, 2, expected),)
            assert await engine.commit(Batch(version, (), log, (), ())) is None
            continue
        durable = engine.put_seen(key("a"), version, expected, 0, 0, Change(1, 2, expected))
        if durable is not None:
            await durable
    entries = await engine.log_read(1, 2, 0, 10)
    assert [(entry.seq, entry.record) for entry in entries] == [(1, b"1"), (2, b"2"), (3, b"3")]
    await engine.space_drop(7)
    with pytest.raises(SpaceDropped):
        engine.put_seen(key("a"), next_version(), b"4", 0, 0, Change(7, 0, b"4"))
    assert (await engine.get_one(key("a"))) == Row(version, b"3")


async def test_only_the_pending_see_what_is_not_durable(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path)
    version = next_version()
    durable = engine.put_seen(key("a"), version, b"1", 1, 1)
    assert engine.peek(key("a")) == await engine.get_one(key("a"), pending=True)
    assert await engine.get_one(key("a")) is None
    await durable
    assert await engine.get_one(key("a")) == Row(version, b"1")
    await engine.close()
    reopened = SqliteEngine.open(tmp_path)
    assert reopened.peek(key("a")) == Row(version, b"1")
    assert await reopened.stats(1) == Stats(1, 1)
    assert await reopened.version_floor() >= version
    await reopened.close()


async def test_it_shares_a_group_with_commits(engine: Embedded) -> None:
    at = key("a")
    version = next_version()
    durable = engine.put_seen(at, version, b"1", 1, 1)
    later = Batch(next_version(), (Put(at, version, b"2"),), (), (Tally(1, 0, 5),))
    assert await engine.commit(later) is None
    if durable is not None:
        await durable
    assert await engine.get_one(at) == Row(later.version, b"2")
    assert await engine.stats(1) == Stats(1, 6)


async def test_it_refuses_as_commit_does(engine: Embedded) -> None:
    await put_seen(engine, key("a"), b"1")
    await engine.space_drop(1)
    assert engine.peek(key("a")) is None
    with pytest.raises(SpaceDropped):
        engine.put_seen(key("a"), next_version(), b"2", 1, 1)
    await engine.close()
    with pytest.raises(StorageClosed):
        engine.put_seen((2, *key("a")[1:]), next_version(), b"2", 1, 1)


async def test_a_class_that_extends_an_engine_is_not_taken_for_it() -> None:
    class Extended(MemoryEngine):
        pass

    assert embedded(Extended()) is None
    assert embedded(cast(Embedded, object())) is None
