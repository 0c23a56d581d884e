"""Kinesis streams as time goes by, with the clock in hand: retention, closed shards, iterators."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest

from jedlik.api import ApiError, load_registry
from jedlik.api.context import Context
from jedlik.services import kinesis
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.workers.kinesis import KinesisRetention, KinesisStreams

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
OPERATIONS = load_registry([kinesis])


class World:
    """A database whose time is set by hand, and a stream of one shard."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000
        self.db = Database(MemoryEngine(), clock=self)
        self.states, self.retention = KinesisStreams(self.db), KinesisRetention(self.db)

    def now_ms(self) -> int:
        return self.ms

    async def open(self) -> World:
        await self.db.open()
        await self.ask("CreateStream", StreamName="s", ShardCount=1)
        await self.pass_time(0)
        return self

    async def pass_time(self, ms: int) -> None:
        self.ms += ms
        await self.states.step(self.ms)
        while await self.retention.step(self.ms):
            pass

    async def ask(self, name: str, **request: Any) -> dict[str, Any]:
        operation = OPERATIONS.operation("kinesis", name)
        assert operation is not None
        operation.check(request)
        ctx = Context(self.db, "000000000000", "us-east-1", None, "id", self.ms / 1000)
        answer = await operation(ctx, request)
        assert isinstance(answer, dict)
        return answer

    async def refusal(self, name: str, **request: Any) -> str:
        with pytest.raises(ApiError) as refused:
            await self.ask(name, **request)
        return refused.value.code

    async def put(self, text: str) -> str:
        data = b64encode(text.encode()).decode()
        put = await self.ask("PutRecord", StreamName="s", PartitionKey="k", Data=data)
        return str(put["SequenceNumber"])

    async def iterator(self, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
        wanted = {"ShardId": shard, "ShardIteratorType": kind, **more}
        return str((await self.ask("GetShardIterator", StreamName="s", **wanted))["ShardIterator"])

    async def shards(self) -> list[str]:
        return [
            each["ShardId"] for each in (await self.ask("ListShards", StreamName="s"))["Shards"]
        ]

    async def read(self, place: str) -> list[str]:
        answer = await self.ask("GetRecords", ShardIterator=place)
        return [b64decode(each["Data"]).decode() for each in answer["Records"]]


@pytest.fixture
async def world() -> World:
    return await World().open()


async def test_a_record_stays_for_a_day(world: World) -> None:
    (shard,) = await world.shards()
    await world.put("old")
    await world.pass_time(DAY_MS - HOUR_MS)
    await world.put("young")
    assert await world.read(await world.iterator(shard)) == ["old", "young"]
    world.ms += 2 * HOUR_MS  # what is too old is not told, even before it is removed
    assert await world.read(await world.iterator(shard)) == ["young"]
    await world.pass_time(0)
    stream = await kinesis.Store.of(world.db).get("000000000000", "us-east-1", "s")
    assert stream is not None
    assert (await kinesis.Store.of(world.db).bounds(stream, 0)).first == 2


async def test_a_longer_retention_keeps_it(world: World) -> None:
    (shard,) = await world.shards()
    old = await world.put("old")
    await world.ask("IncreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=8760)
    for _ in range(364):
        await world.pass_time(DAY_MS)
    at = await world.iterator(shard, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=old)
    assert await world.read(at) == ["old"]
    answer = await world.ask("GetRecords", ShardIterator=await world.iterator(shard), Limit=1)
    assert answer["MillisBehindLatest"] == 0
    await world.ask("DecreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=24)
    assert await world.read(await world.iterator(shard)) == []


async def test_an_iterator_is_good_for_five_minutes(world: World) -> None:
    (shard,) = await world.shards()
    place = await world.iterator(shard)
    world.ms += 5 * MINUTE_MS
    await world.ask("GetRecords", ShardIterator=place)
    world.ms += 1
    assert await world.refusal("GetRecords", ShardIterator=place) == "ExpiredIteratorException"


async def test_an_iterator_does_not_fit_a_later_stream_of_the_same_name(world: World) -> None:
    (shard,) = await world.shards()
    place = await world.iterator(shard)
    await world.ask("DeleteStream", StreamName="s")
    await world.pass_time(1000)
    assert await world.refusal("GetRecords", ShardIterator=place) == "ResourceNotFoundException"
    await world.ask("CreateStream", StreamName="s", ShardCount=1)
    await world.pass_time(1000)
    assert await world.refusal("GetRecords", ShardIterator=place) == "ResourceNotFoundException"


async def test_a_closed_shard_is_listed_for_as_long_as_its_records_stay(world: World) -> None:
    (parent,) = await world.shards()
    await world.put("before")
    await world.ask(
        "SplitShard", StreamName="s", ShardToSplit=parent, NewStartingHashKey=str(2**127)
    )
    await world.pass_time(DAY_MS - HOUR_MS)
    parent_again, *children = await world.shards()
    assert (parent_again, len(children)) == (parent, 2)
    await world.pass_time(2 * HOUR_MS)
    assert await world.shards() == children
    listed = (await world.ask("ListShards", StreamName="s"))["Shards"]
    # Of what they came from they tell for ever: a parent that is not listed has expired.
    assert [each["ParentShardId"] for each in listed] == [parent, parent]
    assert (
        await world.refusal(
            "GetShardIterator", StreamName="s", ShardId=parent, ShardIteratorType="TRIM_HORIZON"
        )
        == "ResourceNotFoundException"
    )


async def test_ten_megabytes_read_at_once_are_paid_for_five_seconds(world: World) -> None:
    (shard,) = await world.shards()
    for _ in range(10):
        await world.put("x" * (1 << 20))
        world.ms += 1100
    answer = await world.ask("GetRecords", ShardIterator=await world.iterator(shard))
    assert len(answer["Records"]) in (9, 10)  # keys count, too
    later = answer["NextShardIterator"]
    for wait_ms, refused in ((1000, True), (2500, True), (2000, False)):
        world.ms += wait_ms
        if refused:
            got = await world.refusal("GetRecords", ShardIterator=later)
            assert got == "ProvisionedThroughputExceededException"
        else:
            await world.ask("GetRecords", ShardIterator=later)
