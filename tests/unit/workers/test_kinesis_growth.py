"""Streams on demand get shards for double the peak of their last 30 days; on a clock of our own."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from jedlik.services.kinesis.growth import Rate, shards_needed, with_peak
from jedlik.services.kinesis.records import LogRecord, Mode, Stream, encode
from jedlik.services.kinesis.shards import even_shards, grown
from jedlik.services.kinesis.store import Store
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.workers.kinesis import KinesisStreams
from jedlik.workers.kinesis_growth import KinesisGrowth

MINUTE_MS, DAY_MS = 60_000, 86_400_000
MB = 1 << 20


class House:
    """A store with one stream, its two workers, and the time."""

    def __init__(self, mode: Mode = "ON_DEMAND") -> None:
        self.db = Database(MemoryEngine())
        self.mode = mode
        self.now_ms = 0

    async def open(self) -> House:
        await self.db.open()
        self.now_ms = self.db.clock.now_ms()
        self.store = Store.of(self.db)
        self.states, self.growth = KinesisStreams(self.db), KinesisGrowth(self.db)
        shards = even_shards(4, self.now_ms)
        await self.store.create(Stream("1", "r", "s", 0, self.now_ms, self.mode, shards))
        await self.states.step(self.now_ms)
        return self

    async def stream(self) -> Stream:
        found = await self.store.get("1", "r", "s")
        assert found is not None
        return found

    async def second(self, *writes: tuple[int, int, int]) -> Stream:
        """Pass a second between two looks, in which to shards (index, records, bytes of each) are
        written."""
        await self.growth.step(self.now_ms)
        stream = await self.stream()
        for index, count, size in writes:
            record = encode(LogRecord(self.now_ms, "k", b"x" * size))
            await self.store.append(stream, {index: [record] * count})
        self.now_ms += 1000
        await self.growth.step(self.now_ms)
        await self.states.step(self.now_ms)
        return await self.stream()


async def test_all_shards_double_when_the_peak_asks_for_more() -> None:
    house = await House().open()
    stream = await house.second(*((i, 400, 10) for i in range(4)))
    assert len(stream.open_shards) == 4  # 1,600 records: 3,200 fit
    stream = await house.second(*((i, 550, 10) for i in range(4)))
    assert stream.status == "ACTIVE"
    assert len(stream.open_shards) == 8  # 2,200 records: 4,400 do not
    parents = [each for each in stream.shards if not each.is_open]
    assert [each.index for each in parents] == [0, 1, 2, 3]
    for parent in parents:
        low, high = (each for each in stream.open_shards if each.parent == parent.index)
        assert (low.low, high.high) == (parent.low, parent.high)
        assert low.high + 1 == high.low
        assert abs((low.high - low.low) - (high.high - high.low)) <= 1
        assert await house.store.is_closed(stream, parent.index)
    again = await house.second()
    assert again.shards == stream.shards


async def test_bytes_count_as_records_do() -> None:
    house = await House().open()
    stream = await house.second((0, 3, 3 * MB // 4), (1, 1, 100))
    assert len(stream.open_shards) == 8


async def test_the_peaks_of_thirty_days_are_remembered() -> None:
    peaks = with_peak((), Rate(100.0, 2000.0), 0)
    peaks = with_peak(peaks, Rate(5.0 * MB, 10.0), 10 * DAY_MS)
    assert shards_needed(peaks) == 10
    peaks = with_peak(peaks, Rate(1.0, 1.0), 29 * DAY_MS)
    assert len(peaks) == 3
    peaks = with_peak(peaks, Rate(0.0, 0.0), 39 * DAY_MS)
    assert shards_needed(peaks) == 10
    peaks = with_peak(peaks, Rate(0.0, 0.0), 40 * DAY_MS)
    assert shards_needed(peaks) == 1
    assert with_peak(peaks, Rate(0.0, 0.0), 60 * DAY_MS) == ()


async def test_one_hot_shard_is_split_for_itself_but_not_before_a_quarter_of_an_hour() -> None:
    house = await House().open()
    assert len((await house.second((2, 600, 10))).open_shards) == 4
    house.now_ms += 15 * MINUTE_MS
    stream = await house.second((2, 600, 10))
    assert [each.parent for each in stream.open_shards] == [None, None, None, 2, 2]
    hot = stream.open_shards[-1].index
    assert (await house.second((hot, 600, 10))).shards == stream.shards
    house.now_ms += 15 * MINUTE_MS
    assert (await house.second((hot, 400, 10))).shards == stream.shards
    assert len((await house.second((hot, 600, 10))).open_shards) == 6


async def test_provisioned_streams_stay() -> None:
    house = await House("PROVISIONED").open()
    house.now_ms += 15 * MINUTE_MS
    stream = await house.second(*((i, 900, 10) for i in range(4)))
    assert len(stream.shards) == 4


async def test_a_stream_does_not_grow_without_end() -> None:
    house = await House().open()
    wide = even_shards(150, house.now_ms)
    await house.store.change("1", "r", "s", lambda old: msgspec.structs.replace(old, shards=wide))
    peaks = with_peak((), Rate(500.0 * MB, 1.0), house.now_ms)
    await house.store.change("1", "r", "s", lambda old: msgspec.structs.replace(old, peaks=peaks))
    stream = await house.second()
    assert len(stream.open_shards) == 200
    assert len((await house.second()).open_shards) == 200


def test_growing_to_a_number_splits_the_widest_first() -> None:
    shards = grown(even_shards(3, 0), 7, 1000)
    open_shards = sorted((each for each in shards if each.is_open), key=lambda each: each.low)
    assert len(open_shards) == 7
    assert open_shards[0].low == 0
    for one, other in pairwise(open_shards):
        assert one.high + 1 == other.low
    assert open_shards[-1].high == 2**128 - 1
    assert grown(shards, 5, 2000) == shards
