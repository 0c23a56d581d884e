"""Creating and dropping spaces, tallies, health, closing."""

from __future__ import annotations

import asyncio

import pytest

from jedlik.storage.waist import (
    ANY,
    Change,
    Conflict,
    Delete,
    Engine,
    Keep,
    LogBounds,
    Page,
    Put,
    SpaceDropped,
    Stats,
    StorageClosed,
    Tally,
)
from tests.contract.rows import ALL, batch, key, put, token


async def test_tallies_add_up(engine: Engine) -> None:
    assert await engine.stats(1) == Stats(0, 0)
    tallies = [Tally(1, 2, 100), Tally(2, 1, 7), Tally(1, 1, 50)]
    assert await engine.commit(batch(tallies=tallies)) is None
    assert await engine.commit(batch(tallies=[Tally(1, -1, -30)])) is None
    assert await engine.stats(1) == Stats(2, 120)
    assert await engine.stats(2) == Stats(1, 7)
    await asyncio.gather(*[engine.commit(batch(tallies=[Tally(1, 1, 1)])) for _ in range(100)])
    assert await engine.stats(1) == Stats(102, 220)


async def test_a_created_space_is_empty_and_creating_is_harmless(engine: Engine) -> None:
    await engine.space_create(7)
    assert await engine.scan(7, b"", None, **ALL) == Page([], False)
    await put(engine, key("p", space=7), b"v")
    await engine.space_create(7)
    assert await engine.get_one(key("p", space=7)) is not None


async def test_a_dropped_space_is_gone_at_once_and_others_are_not(engine: Engine) -> None:
    for space in (1, 2, 3):
        rows = [Put(key("p", bytes([at]), space=space), ANY, b"v") for at in range(50)]
        written = batch(*rows, changes=[Change(space, 0, b"r")], tallies=[Tally(space, 50, 50)])
        assert await engine.commit(written) is None
    await engine.space_drop(2)
    assert await engine.get_one(key("p", b"\x01", space=2)) is None
    assert await engine.get_one(key("p", b"\x01", space=2), pending=True) is None
    assert await engine.get([key("p", b"\x02", space=2)], snapshot=True) == [None]
    assert await engine.range(2, token("p"), None, None, **ALL) == Page([], False)
    assert await engine.scan(2, b"", None, **ALL) == Page([], False)
    assert await engine.log_read(2, 0, 0, 10) == []
    assert await engine.log_bounds(2, 0) == LogBounds(1, 0)
    assert await engine.stats(2) == Stats(0, 0)
    for space in (1, 3):
        assert len((await engine.scan(space, b"", None, **ALL)).entries) == 50
        assert len(await engine.log_read(space, 0, 0, 10)) == 1
        assert await engine.stats(space) == Stats(50, 50)


async def test_dropping_again_or_what_never_was_is_harmless(engine: Engine) -> None:
    await engine.space_drop(9)
    await engine.space_drop(9)
    await asyncio.gather(engine.space_drop(8), engine.space_drop(8))


@pytest.mark.parametrize(
    "refused",
    [
        batch(Put(key("p", space=4), ANY, b"v")),
        batch(Put(key("p"), ANY, b"v"), Delete(key("p", space=4), ANY)),
        batch(Keep(key("p", space=4), ANY)),
        batch(Put(key("p"), ANY, b"v"), changes=[Change(4, 0, b"r")]),
        batch(Put(key("p"), ANY, b"v"), tallies=[Tally(4, 1, 1)]),
    ],
)
async def test_a_dropped_space_takes_no_writes(engine: Engine, refused: object) -> None:
    await put(engine, key("p", space=4), b"v")
    await engine.space_drop(4)
    with pytest.raises(SpaceDropped):
        await engine.commit(refused)  # type: ignore[arg-type]
    with pytest.raises(SpaceDropped):
        await engine.space_create(4)
    assert await engine.get_one(key("p")) is None


async def test_writes_queued_before_a_drop_vanish_with_the_space(engine: Engine) -> None:
    early = asyncio.ensure_future(engine.commit(batch(Put(key("p", space=6), ANY, b"v"))))
    await asyncio.sleep(0)
    await engine.space_drop(6)
    assert await early is None
    assert await engine.get_one(key("p", space=6)) is None
    assert await engine.scan(6, b"", None, **ALL) == Page([], False)


async def test_a_healthy_engine_says_so(engine: Engine) -> None:
    health = await engine.health()
    assert (health.writable, health.error) == (True, None)
    assert health.engine in ("memory", "sqlite", "postgres")


async def test_a_closed_engine_refuses_writes_and_may_be_closed_again(engine: Engine) -> None:
    await put(engine, key("p"), b"v")
    await engine.close()
    await engine.close()
    with pytest.raises(StorageClosed):
        await engine.commit(batch(Put(key("p"), ANY, b"w")))


async def test_closing_finishes_what_is_queued(engine: Engine) -> None:
    writes = [
        asyncio.ensure_future(engine.commit(batch(Put(key(f"q{at}"), ANY, b"v"))))
        for at in range(20)
    ]
    await asyncio.sleep(0)
    await asyncio.gather(engine.close(), engine.close())
    assert await asyncio.gather(*writes) == [None] * 20


async def test_conflicts_are_values(engine: Engine) -> None:
    assert Conflict(1, None) == Conflict(1, None)
    assert Conflict(1, None) != Conflict(2, None)
