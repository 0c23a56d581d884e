"""What DynamoDB publishes once a minute, from the counts of tables and the observer's."""

from __future__ import annotations

from typing import Any

import pytest

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.dynamodb import meters
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.errors import ConditionFailed, Throttled
from jedlik.tables.item_writes import DeleteWrite, PutWrite
from jedlik.tables.model import (
    Index,
    KeyAttribute,
    KeySchema,
    Table,
    Throughput,
    WarmThroughput,
)
from jedlik.tables.throughput.flows import ON_DEMAND_READ_UNITS
from jedlik.tables.write import write_all, write_batch, write_one
from jedlik.values import item_size
from jedlik.workers.warm_throughputs import WarmThroughputs

PK = KeySchema((KeyAttribute("pk", "S"),))
G = KeySchema((KeyAttribute("g", "S"),))
BY_G = Index("by_g", "global", G, "ALL", throughput=Throughput(7, 8))


class Clock:
    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms


class Operation:
    service = "dynamodb"

    def __init__(self, name: str) -> None:
        self.name = name


async def database(
    mode: Any = "on", engine: MemoryEngine | None = None, clock: Clock | None = None
) -> Database:
    db = Database(engine or MemoryEngine(), clock=clock or Clock())
    await db.open()
    db.flows.set_mode(mode)
    return db


async def table(db: Database, **settings: Any) -> Table:
    provisioned = {"throughput": Throughput(5, 6), "indexes": (BY_G,)}
    return await db.create_table(
        Table("1" * 12, "eu-west-1", "t", PK, {"pk": "S", "g": "S"}, **(settings or provisioned))
    )


def put(table: Table, pk: str, size: int = 0, **more: str) -> PutWrite:
    item = {"pk": {"S": pk}, **{name: {"S": text} for name, text in more.items()}}
    if size:
        item["x"] = {"S": "x" * (size - item_size(item) - 1)}
    return PutWrite(table, table.key_of(item), item, item_size(item))


def figures(data: list[meters.Datum]) -> dict[tuple[str, ...], tuple[int, float, float, float]]:
    """(metric, dimension values…) -> (count, total, least, most)."""
    assert {(each.account, each.region) for each in data} == {("1" * 12, "eu-west-1")}
    return {
        (each.metric, *(value for _, value in each.dimensions)): (
            each.values.count,
            each.values.total,
            each.values.least,
            each.values.most,
        )
        for each in data
    }


PROVISIONED = {
    ("ProvisionedReadCapacityUnits", "t"): (1, 5.0, 5.0, 5.0),
    ("ProvisionedWriteCapacityUnits", "t"): (1, 6.0, 6.0, 6.0),
    ("ProvisionedReadCapacityUnits", "t", "by_g"): (1, 7.0, 7.0, 7.0),
    ("ProvisionedWriteCapacityUnits", "t", "by_g"): (1, 8.0, 8.0, 8.0),
}


async def test_a_minute_of_writes() -> None:
    db = await database()
    made = await table(db)
    await write_one(db, put(made, "a", g="1"))
    await write_one(db, put(made, "b", 3000))
    await write_batch(db, [put(made, "c", 1500), put(made, "d", 5 * 1024, g="2")])
    with pytest.raises(ConditionFailed):
        await write_one(db, DeleteWrite(made, made.key_of({"pk": {"S": "b"}}), Never()))
    assert figures(meters.drained(db.flows)) == {
        **PROVISIONED,
        # 1, 3, 2 and 5 units, and 3 for the failed condition.
        ("ConsumedWriteCapacityUnits", "t"): (5, 14.0, 1.0, 5.0),
        ("ConsumedWriteCapacityUnits", "t", "by_g"): (2, 6.0, 1.0, 5.0),
        ("ConditionalCheckFailedRequests", "t"): (1, 1.0, 1.0, 1.0),
    }
    assert figures(meters.drained(db.flows)) == PROVISIONED


async def test_a_transaction_takes_twice_as_much() -> None:
    db = await database()
    made = await table(db)
    await write_all(db, [put(made, "a", g="1"), put(made, "b", 2000)])
    found = figures(meters.drained(db.flows))
    assert found["ConsumedWriteCapacityUnits", "t"] == (2, 6.0, 2.0, 4.0)
    assert found["ConsumedWriteCapacityUnits", "t", "by_g"] == (1, 2.0, 2.0, 2.0)


async def test_what_the_house_does_takes_nothing_and_waits_for_nothing() -> None:
    db = await database()
    made = await table(db)
    await write_one(db, put(made, "big", 400_000))
    for pk in ("big2", "big3", "big4", "big5", "big6"):
        try:
            await write_one(db, put(made, pk, 400_000))
        except Throttled:
            break
    else:
        raise AssertionError("1,800 units are more than a burst of six units a second")
    meters.drained(db.flows)
    await write_one(db, DeleteWrite(made, made.key_of({"pk": {"S": "big"}})), actor="ttl")
    assert figures(meters.drained(db.flows)) == PROVISIONED


async def test_throttles_by_cause() -> None:
    db = await database()
    made = await table(db)
    flow = db.flows.of(made)
    now = db.clock.now_ms() / 1000
    flow.write.take(b"x", 1801, now)
    flow.indexes["by_g"][1].take(b"x", 2401, now)
    for _ in range(2):
        with pytest.raises(Throttled):
            await write_one(db, put(made, "a"))
    flow.write.shut_until = flow.write._dry_until = now - 1
    with pytest.raises(Throttled) as caught:
        await write_one(db, put(made, "zz", g="1"))
    assert caught.value.resource.endswith("index/by_g") or caught.value.reason == "key_range"
    found = figures(meters.drained(db.flows))
    assert found["WriteThrottleEvents", "t"][0] >= 2
    assert found["WriteProvisionedThroughputThrottleEvents", "t"] == (2, 2.0, 1.0, 1.0)


async def test_the_observer_counts_by_table_and_operation() -> None:
    db = await database()
    made = await table(db)
    observer = meters.Observer(db.flows)
    ctx = Context(db, made.account, made.region, None, "r", 0.0, tables=made)
    both: Any = Operation("GetItem")
    observer.served(ctx, both, 0.002)
    observer.served(ctx, both, 0.004)
    observer.failed(
        ctx, both, Throttled("provisioned", "read", made.arn, is_index=False, is_on_demand=False)
    )
    observer.failed(ctx, both, RuntimeError("a fault of ours"))
    observer.failed(ctx, both, ApiError("ValidationException", "no"))
    observer.failed(ctx, both, ConditionFailed(None))
    ctx.tables = None
    observer.failed(ctx, both, ApiError("ResourceNotFoundException", "no"))
    found = figures(meters.drained(db.flows))
    assert found["SuccessfulRequestLatency", "t", "GetItem"] == (2, 6.0, 2.0, 4.0)
    assert found["ThrottledRequests", "t", "GetItem"] == (1, 1.0, 1.0, 1.0)
    assert found["SystemErrors", "t", "GetItem"] == (1, 1.0, 1.0, 1.0)
    assert found["UserErrors",] == (2, 2.0, 1.0, 1.0)
    assert len(found) == len(PROVISIONED) + 4


async def test_a_deleted_table_is_told_of_once_more_and_then_forgotten() -> None:
    db = await database()
    made = await table(db)
    await write_one(db, put(made, "a"))
    await db.drop_table(made)
    assert figures(meters.drained(db.flows)) == {
        ("ConsumedWriteCapacityUnits", "t"): (1, 1.0, 1.0, 1.0)
    }
    assert meters.drained(db.flows) == []
    assert list(db.flows) == []


async def test_what_a_table_has_grown_to_survives_a_restart() -> None:
    engine, clock = MemoryEngine(), Clock()
    db = await database(engine=engine, clock=clock)
    made = await table(
        db, billing="PAY_PER_REQUEST", indexes=(Index("by_g", "global", G, "KEYS_ONLY"),)
    )
    worker = WarmThroughputs(db)
    lane = db.flows.of(made).read
    for second in range(130):
        for part in range(64):
            lane.take(bytes([part * 4]) * 16, 10_000 / 64, clock.ms / 1000 + second)
    await worker.step(clock.ms)
    assert (await db.catalog.get(made.account, made.region, "t")).warm is None
    clock.ms += 2_000_000
    await worker.step(clock.ms)
    grown = await db.catalog.get(made.account, made.region, "t")
    await worker.step(clock.ms)
    assert await db.catalog.get(made.account, made.region, "t") is grown, "it is stored once"
    again = await database(engine=engine, clock=clock)
    stored = await again.catalog.get(made.account, made.region, "t")
    assert stored.warm is not None
    assert stored.warm.read_units == pytest.approx(20_000, rel=0.03)
    assert stored.warm.write_units == 4000
    assert stored.indexes[0].warm is None
    assert again.flows.warm(stored, stored.indexes[0]).read_units == ON_DEMAND_READ_UNITS
    assert again.flows.of(stored).read.limit is not None
    assert again.flows.of(stored).read.limit.units_per_s == stored.warm.read_units


async def test_a_request_that_began_before_a_change_does_not_bring_back_old_limits() -> None:
    db = await database()
    old = await table(db)
    db.flows.of(old)
    new = await db.replace_table(old, replaced(old, Throughput(50, 60)))
    for seen in (new, old, new):
        limit = db.flows.of(seen).write.limit
        assert limit is not None and limit.units_per_s == 60


def replaced(table: Table, throughput: Throughput) -> Table:
    from msgspec.structs import replace

    return replace(table, throughput=throughput, warm=WarmThroughput(5, 6))


class Never:
    def holds(self, item: Any) -> bool:
        return False
