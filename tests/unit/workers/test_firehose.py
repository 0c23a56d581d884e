"""When the worker of delivery streams looks, and when it sleeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
        type(first)(
            **{
                **{name: getattr(first, name) for name in first.__struct_fields__},
                "name": "t",
                "destination": {
                    **first.destination,
                    "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900},
                },
            }
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
