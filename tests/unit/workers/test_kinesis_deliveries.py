"""Deliveries to a stream whose shards take no more: later, all, in order. On a clock of our own."""

from __future__ import annotations

from typing import Any

import orjson
from msgspec.structs import replace

from jedlik.services.kinesis import Store, Stream
from jedlik.services.kinesis.meters import Meters
from jedlik.services.kinesis.records import decode
from jedlik.services.kinesis.shards import even_shards
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.item_writes import DeleteWrite, PutWrite
from jedlik.tables.model import Destination, KeyAttribute, KeySchema, Table
from jedlik.tables.write import write_one
from jedlik.values import item_size
from jedlik.workers.kinesis_deliveries import KinesisDeliveries
from jedlik.workers.retention import Retention

PK = KeySchema((KeyAttribute("pk", "S"),))


class World:
    """A table that delivers to a stream of one shard."""

    def __init__(self, **settings: bool) -> None:
        self.ms = 1_800_000_000_000
        self.db = Database(MemoryEngine(), clock=self)
        self.deliveries = KinesisDeliveries(self.db, **settings)

    def now_ms(self) -> int:
        return self.ms

    async def open(self) -> World:
        await self.db.open()
        shards = even_shards(1, self.ms)
        stream = Stream("1", "r", "s", 0, self.ms, "PROVISIONED", shards, status="ACTIVE")
        self.stream = await Store.of(self.db).create(stream)
        made = await self.db.create_table(Table("1", "r", "abc", PK, {"pk": "S"}))
        ends = (0,) * made.parts
        to = Destination(self.stream.arn, self.stream.space, "ENABLING", "MILLISECOND", ends, 1)
        await self.set(to)
        await self.work()
        assert await self.status() == "ACTIVE"
        return self

    async def table(self) -> Table:
        return await self.db.catalog.get("1", "r", "abc")

    async def set(self, to: Destination) -> None:
        table = await self.table()
        await self.db.replace_table(table, replace(table, destinations=(to,)))

    async def put(self, name: str, value: int, size: int = 10) -> None:
        table = await self.table()
        item = {"pk": {"S": name}, "n": {"N": str(value)}, "x": {"S": "x" * size}}
        await write_one(self.db, PutWrite(table, table.key_of(item), item, item_size(item)))

    async def work(self, seconds: float = 0) -> None:
        self.ms += int(seconds * 1000)
        for _ in range(1000):
            if not await self.deliveries.step(self.ms):
                return
        raise AssertionError("it never rests")

    async def told(self) -> list[dict[str, Any]]:
        engine, space = self.db.engine, self.stream.space
        entries = await engine.log_read(space, 0, 0, 10_000, byte_limit=1 << 30)
        return [orjson.loads(decode(each.record).data) for each in entries]

    async def status(self) -> str:
        (found,) = (await self.table()).destinations
        return found.status


async def test_a_full_shard_gets_the_rest_later_and_in_order() -> None:
    world = await World().open()
    for i in range(30):
        await world.put(f"k{i % 3}", i, size=100_000)
    await world.work()
    first = await world.told()
    assert 3 <= len(first) <= 10  # a megabyte, of 30 changes with 100 or 200 KB
    await world.work()
    assert await world.told() == first
    # Others find the shard as full as it is.
    assert not Meters.of(world.db).write(world.stream.space, 0, 500_000, world.ms / 1000)
    for _ in range(10):
        await world.work(seconds=1)
    told = await world.told()
    assert len(told) == 30
    for name in ("k0", "k1", "k2"):
        changes = [each["dynamodb"] for each in told if each["dynamodb"]["Keys"]["pk"]["S"] == name]
        assert [int(each["NewImage"]["n"]["N"]) for each in changes] == [
            *range(int(name[1]), 30, 3)
        ]


async def test_without_limits_all_goes_at_once() -> None:
    world = await World(limited=False).open()
    for i in range(30):
        await world.put("k", i, size=100_000)
    await world.work()
    assert len(await world.told()) == 30


async def test_what_was_written_before_the_disabling_is_delivered_and_nothing_later() -> None:
    world = await World().open()
    for i in range(20):
        await world.put("k", i, size=100_000)
    table = await world.table()
    engine = world.db.engine
    ends = [(await engine.log_bounds(table.log_space, i)).last for i in range(table.parts)]
    (to,) = table.destinations
    await world.set(replace(to, status="DISABLING", stop=tuple(ends)))
    await world.put("k", 20)
    await world.work()
    assert await world.status() == "DISABLING"
    await Retention(world.db).step(world.ms)  # keeps what is owed
    for _ in range(10):
        await world.work(seconds=1)
    assert await world.status() == "DISABLED"
    told = await world.told()
    assert [int(each["dynamodb"]["NewImage"]["n"]["N"]) for each in told] == [*range(20)]


async def test_an_expired_item_was_removed_by_the_service() -> None:
    world = await World().open()
    await world.put("k", 1)
    table = await world.table()
    for actor in ("ttl", ""):
        await write_one(world.db, DeleteWrite(table, table.key_of({"pk": {"S": "k"}})), actor=actor)
        await world.put("k", 2)
    await world.work()
    removed = [each for each in await world.told() if each["eventName"] == "REMOVE"]
    identity = {"principalId": "dynamodb.amazonaws.com", "type": "Service"}
    assert [each["userIdentity"] for each in removed] == [identity, None]
    assert "NewImage" not in removed[0]["dynamodb"]
