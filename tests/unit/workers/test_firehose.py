"""When the worker of delivery streams looks, and when it sleeps."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jedlik.services.firehose.delivering import Deliverer
from jedlik.services.firehose.records import DeliveryStream
from jedlik.services.firehose.store import Store
from jedlik.workers.firehose import Firehose
from tests.unit.services.firehose.test_delivering import House


async def made(tmp_path: Path, **destination: Any) -> tuple[House, Firehose]:
    house = House(tmp_path, **destination)
    worker = Firehose(house.db)
    await house.open()
    return house, worker


async def settle(house: House, worker: Firehose) -> None:
    """As the runner drives it, until it rests."""
    while worker.wake.is_set() and await worker.step(house.clock.at_ms):
        pass


async def test_it_sleeps_with_nothing_buffered_and_wakes_for_what_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, worker = await made(tmp_path)
    await settle(house, worker)
    assert not worker.wake.is_set()
    await house.put(b"a")
    assert worker.wake.is_set()
    await settle(house, worker)
    assert worker.wake.is_set()  # by time alone it becomes due
    with monkeypatch.context() as patched:
        patched.setattr(Store, "all", None)  # until then nothing is looked at
        house.clock.at_ms += 59_999
        await settle(house, worker)
    assert await house.found() == []
    house.clock.at_ms += 1
    await settle(house, worker)
    await settle(house, worker)
    assert await house.found() == [b"a"]
    assert not worker.wake.is_set()


async def test_one_stream_that_waits_does_not_keep_another_waiting(tmp_path: Path) -> None:
    house, worker = await made(tmp_path)
    first = house.stream
    other = await house.store.create(
        msgspec.structs.replace(
            first,
            name="t",
            destination={
                **first.destination,
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900},
            },
        )
    )
    await house.put(b"first")
    house.stream = other
    for _ in range(5):
        await house.put(b"x" * 600_000)
    await settle(house, worker)
    assert sorted(map(len, await house.found())) == [1_200_000, 1_200_000]
    house.clock.at_ms += 60_000
    await settle(house, worker)
    assert sorted(map(len, await house.found())) == [5, 1_200_000, 1_200_000]
    house.clock.at_ms += 840_000
    await settle(house, worker)
    assert sorted(map(len, await house.found())) == [5, 600_000, 1_200_000, 1_200_000]


async def test_one_that_takes_long_does_not_hold_up_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, worker = await made(tmp_path)
    slow = house.stream
    house.stream = await house.store.create(msgspec.structs.replace(slow, name="t"))
    real = Deliverer.advance
    release = asyncio.Event()

    async def advance(self: Deliverer, stream: DeliveryStream, now_ms: int) -> Any:
        if stream.name == slow.name:
            await release.wait()
        return await real(self, stream, now_ms)

    monkeypatch.setattr(Deliverer, "advance", advance)
    stepping = asyncio.ensure_future(worker.step(house.clock.at_ms))
    for number in range(3):
        await house.put(b"%d" % number)
        house.clock.at_ms += 60_000
        for _ in range(6000):
            if len(await house.found()) > number:
                break
            await asyncio.sleep(0.01)
        assert len(await house.found()) == number + 1
    assert not stepping.done()
    release.set()
    await stepping


async def test_a_step_that_is_cancelled_ends_all_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, worker = await made(tmp_path)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def advance(*_: Any) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(Deliverer, "advance", advance)
    stepping = asyncio.ensure_future(worker.step(house.clock.at_ms))
    await asyncio.wait_for(begun.wait(), 60)
    stepping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stepping
    assert ended.is_set()
