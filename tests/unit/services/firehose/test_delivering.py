"""Deliveries that are cut off, wait, expire: with a clock of their own and real content files."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jedlik.services.firehose import delivering
from jedlik.services.firehose.delivering import Deliverer
from jedlik.services.firehose.records import MAIN, DeliveryStream, Progress, Record
from jedlik.services.firehose.store import Store
from jedlik.services.s3 import Objects
from jedlik.storage.blobs import FileBlobs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.counts import Counts
from jedlik.tables.database import Database

ACCOUNT, REGION, BUCKET = "000000000000", "us-east-1", "bucket"
START_MS = 1_700_000_000_000
DAY_MS = 86_400_000


class Clock:
    def __init__(self) -> None:
        self.at_ms = START_MS

    def now_ms(self) -> int:
        return self.at_ms


class Crash(BaseException):
    pass


class House:
    """A database, a delivery stream, and whoever delivers."""

    def __init__(self, folder: Path, **destination: Any) -> None:
        self.clock = Clock()
        self.db = Database(MemoryEngine(), clock=self.clock)
        self.db.blobs = FileBlobs(folder / "objects", durable=False)
        self.store = Store.of(self.db)
        self.objects = Objects(self.db, account=ACCOUNT, region=REGION)
        self._destination = {
            "RoleARN": "arn:aws:iam::000000000000:role/r",
            "BucketARN": f"arn:aws:s3:::{BUCKET}",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            "CompressionFormat": "UNCOMPRESSED",
            "CloudWatchLoggingOptions": {"Enabled": False},
            "S3BackupMode": "Disabled",
            **destination,
        }

    async def open(self, *, bucket: bool = True) -> House:
        await self.db.open()
        if bucket:
            await self.objects.make_bucket(BUCKET)
        wanted = DeliveryStream(
            ACCOUNT, REGION, "s", 0, "DirectPut", START_MS, self._destination, status="ACTIVE"
        )
        self.stream = await self.store.create(wanted)
        self.deliverer = Deliverer(self.db)
        return self

    async def put(self, *datas: bytes) -> None:
        records = [Record(self.clock.at_ms, data) for data in datas]
        await self.store.append(self.stream, records)

    async def deliver(self) -> bool:
        """All that is due; whether something waits."""
        for _ in range(100):
            more, next_ms = await self.deliverer.advance(self.stream, self.clock.at_ms)
            if not more:
                return next_ms is not None
        raise AssertionError("there is no end")

    def restart(self) -> None:
        self.deliverer = Deliverer(self.db)

    async def found(self) -> list[bytes]:
        keys = [info.key async for info in self.objects.list(BUCKET)]
        return [await self.objects.get(BUCKET, key) for key in keys]


async def test_due_by_time_and_by_size(tmp_path: Path) -> None:
    house = await House(tmp_path).open()
    await house.put(b"a", b"b")
    house.clock.at_ms += 59_999
    assert await house.deliver()
    assert await house.found() == []
    house.clock.at_ms += 1
    assert not await house.deliver()
    assert await house.found() == [b"ab"]
    for _ in range(5):
        await house.put(b"c" * 400_000)
    assert await house.deliver()  # what is less than an object waits
    assert sorted(map(len, await house.found())) == [2, 1_200_000]
    house.clock.at_ms += 60_000
    assert not await house.deliver()
    assert sorted(map(len, await house.found())) == [2, 800_000, 1_200_000]
    bounds = await house.db.engine.log_bounds(house.stream.space, 0)
    assert bounds.first > bounds.last  # nothing is kept that was delivered


@pytest.mark.parametrize("at", ["plan", "objects", "progress"])
async def test_a_delivery_that_was_cut_off_ends_with_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    house = await House(tmp_path).open()
    await house.put(b"one ", b"two ")
    house.clock.at_ms += 60_000
    real = Store.set_progress

    async def crashing(
        self: Store, stream: DeliveryStream, channel: str, progress: Progress, version: int
    ) -> int:
        if at == "progress" and progress.plan is None:
            raise Crash
        done = await real(self, stream, channel, progress, version)
        if at == "plan":
            raise Crash
        return done

    async def crash(self: Any, *_: Any) -> None:
        raise Crash

    monkeypatch.setattr(Store, "set_progress", crashing)
    if at == "objects":
        monkeypatch.setattr("jedlik.services.firehose.writing.Writing._write", crash)
    with pytest.raises(Crash):
        await house.deliver()
    monkeypatch.undo()
    house.restart()
    await house.put(b"three")  # is no part of the delivery that was planned
    assert await house.deliver()
    assert await house.found() == [b"one two "]
    house.clock.at_ms += 60_000
    assert not await house.deliver()
    assert sorted(await house.found()) == [b"one two ", b"three"]


async def test_one_object_of_several_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went to the error prefix, and what did not, each arrive once."""
    configured = {
        "Enabled": True,
        "Processors": [
            {
                "Type": "RecordDeAggregation",
                "Parameters": [{"ParameterName": "SubRecordType", "ParameterValue": "JSON"}],
            }
        ],
    }
    house = await House(
        tmp_path, ProcessingConfiguration=configured, CompressionFormat="GZIP"
    ).open()
    await house.put(b'{"a":1}{"a":2}', b"none", b'{"a":3}')
    house.clock.at_ms += 60_000
    monkeypatch.setattr("jedlik.services.firehose.writing.OBJECTS_AT_ONCE", 1)
    real: Callable[..., Any] = Objects.exists
    looks = 0

    async def exists(self: Objects, bucket: str, key: str) -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise Crash
        return bool(await real(self, bucket, key))

    monkeypatch.setattr(Objects, "exists", exists)
    with pytest.raises(Crash):
        await house.deliver()
    assert len(await house.found()) == 1
    house.restart()
    assert not await house.deliver()
    found = [gzip.decompress(each) for each in await house.found()]
    assert len(found) == 2
    assert b'{"a":1}{"a":2}{"a":3}' in found


async def test_what_s3_refuses_is_tried_later_and_later(tmp_path: Path) -> None:
    house = await House(tmp_path).open(bucket=False)
    await house.put(b"data")
    house.clock.at_ms += 60_000
    tries = []
    for _ in range(120):
        before = counted(house)
        assert await house.deliver()
        tries.append(counted(house) - before)
        house.clock.at_ms += 500
    assert tries[0] == 1
    assert 5 <= sum(tries) <= 12  # 0.5 s, 1 s, 2 s … 15 s
    await house.objects.make_bucket(BUCKET)
    house.clock.at_ms += delivering.RETRY_MS_MAX
    assert not await house.deliver()
    assert await house.found() == [b"data"]


def counted(house: House) -> int:
    found = Counts.of(house.db)._found
    return int(
        sum(each.times for key, each in found.items() if key.metric == "DeliveryToS3.Success")
    )


async def test_records_are_given_up_after_a_day_and_not_before_they_were_tried(
    tmp_path: Path,
) -> None:
    house = await House(tmp_path).open(bucket=False)
    await house.put(b"old")
    house.clock.at_ms += DAY_MS - 1000
    await house.put(b"new")
    assert await house.deliver()
    assert [record.data for _, record in await house.store.read(house.stream, 0)] == [
        b"old",
        b"new",
    ]
    house.clock.at_ms += 2000
    house.restart()
    await house.deliver()
    assert [record.data for _, record in await house.store.read(house.stream, 0)] == [b"new"]
    await house.objects.make_bucket(BUCKET)
    house.clock.at_ms += 2 * DAY_MS  # nobody was there to try
    house.restart()
    assert not await house.deliver()
    assert await house.found() == [b"new"]
    progress, _ = await house.store.progress(house.stream, MAIN)
    assert progress.plan is None


async def test_two_at_once_make_one_object(tmp_path: Path) -> None:
    """As when a process loses its lease and does not know it yet."""
    house = await House(tmp_path).open()
    await house.put(b"data")
    house.clock.at_ms += 60_000
    others = [house.deliverer, Deliverer(house.db), Deliverer(house.db)]
    for _ in range(3):
        await asyncio.gather(
            *(each.advance(house.stream, house.clock.at_ms) for each in others),
            return_exceptions=True,
        )
    assert await house.found() == [b"data"]
    house.restart()
    assert not await house.deliver()
