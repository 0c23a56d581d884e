"""Streams as time goes by, with the clock in hand: shards, retention, iterators that expire."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from jedlik.api import ApiError, load_registry
from jedlik.api.context import Context
from jedlik.services import dynamodbstreams
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.item_writes import PutWrite
from jedlik.tables.model import (
    KeyAttribute,
    KeySchema,
    RecoverySettings,
    StreamSettings,
    Table,
)
from jedlik.tables.write import write_one
from jedlik.values import item_size
from jedlik.workers.retention import Retention
from jedlik.workers.shard_rolls import ShardRolls

NOON_MS = 1_800_000_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
STREAM = StreamSettings("NEW_AND_OLD_IMAGES", "2027-01-15T08:00:00.000")
OPERATIONS = load_registry([dynamodbstreams])


class World:
    """A database whose time is set by hand, and the stream operations on it."""

    def __init__(self) -> None:
        self.ms = NOON_MS
        self.db = Database(MemoryEngine(), clock=self)
        self.retention = Retention(self.db)
        self.rolls = ShardRolls(self.db, age_ms=4 * HOUR_MS)

    def now_ms(self) -> int:
        return self.ms

    async def table(self, **parameters: Any) -> Table:
        parameters.setdefault("stream", STREAM)
        keys = KeySchema((KeyAttribute("pk", "S"),))
        table = Table("000000000000", "us-east-1", "abc", keys, {"pk": "S"}, parts=1, **parameters)
        return await self.db.create_table(table)

    async def put(self, table: Table, *values: int) -> None:
        table = await self.db.current(table)
        for value in values:
            item = {"pk": {"S": "a"}, "n": {"N": str(value)}}
            await write_one(self.db, PutWrite(table, table.key_of(item), item, item_size(item)))

    async def pass_time(self, ms: int) -> None:
        """Let the time pass in steps in which the workers do what is due."""
        while ms > 0:
            step = min(ms, HOUR_MS)
            self.ms += step
            ms -= step
            await self.rolls.step(self.ms)
            while await self.retention.step(self.ms):
                pass

    async def ask(self, name: str, **request: Any) -> dict[str, Any]:
        operation = OPERATIONS.operation("dynamodbstreams", name)
        assert operation is not None
        operation.check(request)
        ctx = Context(self.db, "000000000000", "us-east-1", None, "id", self.ms / 1000)
        answer = await operation(ctx, request)
        return orjson.loads(answer) if isinstance(answer, bytes) else answer

    async def refusal(self, name: str, **request: Any) -> str:
        with pytest.raises(ApiError) as refused:
            await self.ask(name, **request)
        return refused.value.code

    async def shards(self, arn: str) -> list[dict[str, Any]]:
        described = await self.ask("DescribeStream", StreamArn=arn)
        return described["StreamDescription"]["Shards"]

    async def iterator(self, arn: str, shard: str, kind: str, **place: str) -> str:
        at = await self.ask(
            "GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **place
        )
        return at["ShardIterator"]

    async def read(self, arn: str) -> list[int]:
        """The values in the records of the whole stream, from the oldest on."""
        found = []
        for shard in await self.shards(arn):
            at: str | None = await self.iterator(arn, shard["ShardId"], "TRIM_HORIZON")
            while at:
                answer = await self.ask("GetRecords", ShardIterator=at)
                found += [int(r["dynamodb"]["NewImage"]["n"]["N"]) for r in answer["Records"]]
                at = answer.get("NextShardIterator") if answer["Records"] else None
        return found


@pytest.fixture
async def world() -> World:
    made = World()
    await made.db.open()
    return made


def arn_of(table: Table, stream: StreamSettings = STREAM) -> str:
    return f"{table.arn}/stream/{stream.label}"


async def test_a_shard_closes_after_four_hours_and_has_a_child(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1, 2)
    await world.pass_time(3 * HOUR_MS)
    assert len(await world.shards(arn)) == 1
    await world.pass_time(HOUR_MS)
    await world.put(table, 3)
    parent, child = await world.shards(arn)
    assert child["ParentShardId"] == parent["ShardId"]
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
    at = await world.iterator(arn, parent["ShardId"], "TRIM_HORIZON")
    answer = await world.ask("GetRecords", ShardIterator=at)
    assert len(answer["Records"]) == 2
    assert "NextShardIterator" not in answer
    assert await world.read(arn) == [1, 2, 3]


async def test_a_day_later_records_and_their_shards_are_gone(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1)
    await world.pass_time(12 * HOUR_MS)
    await world.put(table, 2)
    await world.pass_time(12 * HOUR_MS)
    assert await world.read(arn) == [1, 2]
    await world.pass_time(HOUR_MS)
    assert await world.read(arn) == [2]
    assert (await world.db.engine.log_bounds(table.log_space, 0)).first == 2
    await world.pass_time(12 * HOUR_MS)
    assert await world.read(arn) == []
    left = await world.shards(arn)
    assert len(left) <= 24 // 4 + 1
    # The oldest tells a parent that is not listed: so readers know that it was trimmed.
    listed = {each["ShardId"] for each in left}
    assert [each["ParentShardId"] in listed for each in left] == [False] + [True] * (len(left) - 1)


async def test_a_stream_shows_a_day_though_its_log_is_kept_for_longer(world: World) -> None:
    table = await world.table(recovery=RecoverySettings(enabled=True))
    await world.put(table, 1)
    await world.pass_time(25 * HOUR_MS)
    await world.put(table, 2)
    assert await world.read(arn_of(table)) == [2]
    assert await world.db.engine.log_bounds(table.log_space, 0) == (1, 2)


async def test_what_was_trimmed_is_refused(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    world.rolls = ShardRolls(world.db, age_ms=DAY_MS * 100)  # one shard all the time
    await world.put(table, 1, 2)
    (shard,) = await world.shards(arn)
    first = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    oldest = await world.iterator(arn, shard["ShardId"], "TRIM_HORIZON")
    (record, _) = (await world.ask("GetRecords", ShardIterator=oldest))["Records"]
    number = record["dynamodb"]["SequenceNumber"]
    await world.pass_time(25 * HOUR_MS - 10 * MINUTE_MS)
    place = {"StreamArn": arn, "ShardId": shard["ShardId"]}
    for kind, at in (
        ("AT_SEQUENCE_NUMBER", first),
        ("AT_SEQUENCE_NUMBER", number),
        ("AFTER_SEQUENCE_NUMBER", number),
    ):
        refused = await world.refusal(
            "GetShardIterator", **place, ShardIteratorType=kind, SequenceNumber=at
        )
        assert refused == "TrimmedDataAccessException"
    assert await world.read(arn) == []


async def test_an_iterator_whose_record_is_trimmed_meanwhile_is_refused(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    world.rolls = ShardRolls(world.db, age_ms=DAY_MS * 100)
    await world.put(table, 1)
    await world.pass_time(DAY_MS - MINUTE_MS)
    (shard,) = await world.shards(arn)
    number = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    at = await world.iterator(arn, shard["ShardId"], "AFTER_SEQUENCE_NUMBER", SequenceNumber=number)
    await world.pass_time(2 * MINUTE_MS)
    assert await world.refusal("GetRecords", ShardIterator=at) == "TrimmedDataAccessException"


async def test_a_shard_that_was_trimmed_whole_is_gone(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1)
    (shard,) = await world.shards(arn)
    await world.pass_time(30 * HOUR_MS)
    place = {"StreamArn": arn, "ShardId": shard["ShardId"]}
    refused = await world.refusal("GetShardIterator", **place, ShardIteratorType="TRIM_HORIZON")
    assert refused == "ResourceNotFoundException"


async def test_an_iterator_is_good_for_fifteen_minutes(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    (shard,) = await world.shards(arn)
    at = await world.iterator(arn, shard["ShardId"], "LATEST")
    world.ms += 15 * MINUTE_MS
    assert "NextShardIterator" in await world.ask("GetRecords", ShardIterator=at)
    world.ms += 1
    assert await world.refusal("GetRecords", ShardIterator=at) == "ExpiredIteratorException"


async def test_a_disabled_stream_can_be_read_for_a_day(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1)
    await world.db.replace_table(table, replace(table, stream=replace(STREAM, enabled=False)))
    await world.pass_time(23 * HOUR_MS)
    assert await world.read(arn) == [1]
    await world.pass_time(2 * HOUR_MS)
    assert await world.refusal("DescribeStream", StreamArn=arn) == "ResourceNotFoundException"
    assert await world.ask("ListStreams") == {"Streams": []}


async def test_a_deleted_tables_log_stays_for_a_day_and_then_goes(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1, 2)
    await world.db.drop_table(table)
    assert await world.db.engine.stats(table.space) == (0, 0)
    await world.pass_time(23 * HOUR_MS)
    assert await world.read(arn) == [1, 2]
    await world.pass_time(2 * HOUR_MS)
    assert await world.refusal("DescribeStream", StreamArn=arn) == "ResourceNotFoundException"
    assert await world.db.engine.log_bounds(table.log_space, 0) == (1, 0)


async def test_a_table_that_never_had_a_stream_leaves_no_log(world: World) -> None:
    table = await world.table(stream=None, held_by=("a backup",))
    await world.put(table, 1)
    assert (await world.db.engine.log_bounds(table.log_space, 0)).last == 1
    await world.db.drop_table(table)
    assert await world.db.engine.log_bounds(table.log_space, 0) == (1, 0)


async def test_only_what_came_after_enabling_belongs_to_a_stream(world: World) -> None:
    table = await world.table(stream=None, recovery=RecoverySettings(enabled=True))
    await world.put(table, 1)
    table = await world.db.replace_table(table, replace(table, stream=STREAM))
    await world.put(table, 2)
    table = await world.db.replace_table(
        table, replace(table, stream=replace(STREAM, enabled=False))
    )
    await world.put(table, 3)
    assert await world.read(arn_of(table)) == [2]
    assert (await world.db.engine.log_bounds(table.log_space, 0)).last == 3


async def test_a_stream_that_a_crash_left_without_an_end_gets_one(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1)
    # As if the process had died between the change of the table and the sealing of its stream.
    disabled = replace(table, stream=replace(STREAM, enabled=False))
    also = await world.db.streams.switched(table, disabled, world.ms)
    await world.db.catalog.replace(table, disabled, also)
    (shard,) = await world.shards(arn)
    assert "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    await world.db.streams.seal_all()
    (shard,) = await world.shards(arn)
    assert "EndingSequenceNumber" in shard["SequenceNumberRange"]
    assert await world.read(arn) == [1]


async def test_iterators_outlive_a_restart(world: World) -> None:
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1)
    (shard,) = await world.shards(arn)
    at = await world.iterator(arn, shard["ShardId"], "TRIM_HORIZON")
    world.db = Database(world.db.engine, clock=world)
    await world.db.open()
    assert len((await world.ask("GetRecords", ShardIterator=at))["Records"]) == 1


async def test_no_reader_gets_ahead_of_an_end_that_is_being_written(world: World) -> None:
    """Else it would read in the parent what the child shows again."""
    table = await world.table()
    arn = arn_of(table)
    await world.put(table, 1)
    (shard,) = await world.shards(arn)
    world.ms += 4 * HOUR_MS
    at = await world.iterator(arn, shard["ShardId"], "TRIM_HORIZON")
    seen: list[int] = []
    commit = world.db.engine.commit

    async def commit_with_a_write_and_a_read_before(batch: Any) -> Any:
        world.db.engine.commit = commit
        await world.put(table, 2)
        seen.append(len((await world.ask("GetRecords", ShardIterator=at))["Records"]))
        return await commit(batch)

    world.db.engine.commit = commit_with_a_write_and_a_read_before
    await world.rolls.step(world.ms)
    assert seen == [1]
    assert await world.read(arn) == [1, 2]
    assert len(await world.shards(arn)) == 2
