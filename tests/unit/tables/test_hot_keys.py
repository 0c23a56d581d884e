"""Which keys are hot: the sketch against exact counts, watches in a table's flow, minutes kept."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from msgspec.structs import replace

from jedlik.storage.memory import MemoryEngine
from jedlik.tables.clock import Clock
from jedlik.tables.database import Database
from jedlik.tables.hot_keys import KEPT_MINUTES, HotKeys, group_of, merged
from jedlik.tables.item_writes import DeleteWrite, PutWrite
from jedlik.tables.model import KeyAttribute, KeySchema, Table
from jedlik.tables.throughput.lanes import Lane, Limit
from jedlik.tables.throughput.parts import Parts
from jedlik.tables.throughput.sketches import CAPACITY, Sketch
from jedlik.tables.throughput.watches import WRITE_WEIGHT, Watch
from jedlik.tables.write import write_all, write_batch, write_one
from jedlik.values import item_size
from jedlik.workers.hot_keys import HotKeySaver

BEGIN_MS = 1_800_000_000_000 // 60_000 * 60_000
BEGIN = BEGIN_MS // 60_000
KEYS = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))


class Hand(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at_ms = BEGIN_MS

    def now_ms(self) -> int:
        return self.at_ms


# --- the sketch


def test_few_keys_are_counted_exactly() -> None:
    sketch, exact = Sketch(), Counter[bytes]()
    chance = random.Random(1)
    for _ in range(5000):
        key = b"%d" % chance.randrange(CAPACITY)
        sketch.add(key, 2.0)
        exact[key] += 2
    assert sketch.weights == dict(exact)
    assert (sketch.count, sketch.total, sketch.unique()) == (5000, 10_000.0, len(exact))
    assert (sketch.least, sketch.most) == (2.0, 2.0)


def test_many_skewed_keys_are_counted_within_the_bound() -> None:
    for seed in range(3):
        sketch, exact = Sketch(), Counter[bytes]()
        chance = random.Random(seed)
        for _ in range(20_000):
            key = b"%d" % int(chance.paretovariate(0.4))
            weight = float(chance.randint(1, 9))
            sketch.add(key, weight)
            exact[key] += weight  # type: ignore[assignment]
        assert len(exact) > 2 * CAPACITY == 2 * len(sketch.weights)
        error = sketch.total / CAPACITY
        for key, weight in exact.items():
            if weight > error:
                assert key in sketch.weights, "whoever weighs more than the bound is there"
        for key, weight in sketch.weights.items():
            assert exact[key] <= weight <= exact[key] + error
        heaviest = [key for key, _ in exact.most_common(5)]
        assert {key for key, _ in sketch.top(5)} == set(heaviest)
        assert abs(sketch.unique() - len(exact)) < 0.1 * len(exact)
        assert sketch.total == sum(exact.values())


# --- lanes and parts


def test_a_lane_tells_its_watch_what_is_taken_and_what_is_throttled() -> None:
    lane = Lane("write", "arn:table", is_index=False)
    lane.watch = watch = Watch(KEYS)
    lane.bound(Limit(1.0, 1.0, "provisioned"), 60.0)
    place = lane.place_of(b"t" * 16, b"sort")
    assert place == b"t" * 16 + b"sort"
    lane.take(place, 100, 60.0)
    lane.take_range(place, b"", 5, 60.0)
    assert lane.refusal(place, 61.0) == "provisioned"
    lane.reports_only = True
    lane.admit(place, 61.0)
    lane.admit(place, 61.0, b"")
    lane.admit(place, 61.0, b"t" * 16)
    found = {kind: dict(sketch.weights) for kind, sketch in watch.minutes[1].items()}
    assert found == {
        "PKC": {b"t" * 16: 100 * WRITE_WEIGHT},
        "SKC": {place: 100 * WRITE_WEIGHT},
        "PKT": {b"t" * 16: 2.0},
        "SKT": {place: 1.0},
    }


def test_watching_changes_no_split() -> None:
    # The same load with and without: places say more, parts are cut where they were.
    plain, watched = (Parts(1, 10.0, splits_collections=False) for _ in range(2))
    watched.say_sort(True)
    for number in range(60):
        token = bytes([number % 3]) * 16
        for parts, place in ((plain, token), (watched, token + b"%d" % number)):
            i = parts.at(place)
            parts.dry_until[i] = max(parts.dry_until[i], number / 10) + 1.0
            parts.heat(i, place, number / 10)
    assert plain.bounds == watched.bounds
    assert len(plain.bounds) > 2
    watched.say_sort(False)
    assert not watched.by_sort


# --- a table's flow


async def made(**setting: Any) -> tuple[Database, Table, Hand]:
    clock = Hand()
    db = Database(MemoryEngine(), clock=clock)
    await db.open()
    insights = {"": {"mode": "ACCESSED_AND_THROTTLED_KEYS", "enabled": True, **setting}}
    table = Table("0" * 12, "r", "t", KEYS, {"pk": "S", "sk": "N"}, settings={"insights": insights})
    table = await db.create_table(table)
    db.flows.of(table)
    return db, table, clock


def put(table: Table, pk: str, sk: int) -> PutWrite:
    item = {"pk": {"S": pk}, "sk": {"N": str(sk)}}
    return PutWrite(table, table.key_of(item), item, item_size(item))


async def saved(db: Database, table: Table, kind: Any) -> dict[int, dict[tuple[str, ...], float]]:
    minutes = await HotKeys(db).minutes(group_of(table, None, kind), BEGIN - 10, BEGIN + 10**6)
    return {
        minute: {tuple(name): weight for name, weight in each.keys}
        for minute, each in merged(minutes).items()
    }


async def test_writes_of_every_kind_are_counted_and_kept_by_the_minute() -> None:
    db, table, clock = await made()
    saver = HotKeySaver(db)
    await saver.step(clock.at_ms)
    await write_one(db, put(table, "a", 1))
    await write_batch(db, [put(table, "a", 2), put(table, "b", 1)])
    await write_all(db, [put(table, "a", 3)])
    gone = {"pk": {"S": "never"}, "sk": {"N": "1"}}
    await write_one(db, DeleteWrite(table, table.key_of(gone)))
    clock.at_ms += 60_000
    await write_one(db, put(table, "c", 1))
    await saver.step(clock.at_ms)
    assert await saved(db, table, "PKC") == {
        BEGIN: {("a",): 3 * (1 + 1 + 2), ("b",): 3.0, ("never",): 3.0}
    }
    first = (await saved(db, table, "SKC"))[BEGIN]
    assert first[("a", "3")] == 6.0
    assert first[("never", "1")] == 3.0
    await saver.flush()  # the minute that goes on
    assert (await saved(db, table, "PKC"))[BEGIN + 1] == {("c",): 3.0}
    assert await saved(db, table, "PKT") == {}
    # The minute goes on after a restart, in rows of its own.
    again = Database(db.engine, clock=clock)
    await again.open()
    table = await again.catalog.get(table.account, table.region, table.name)
    again.flows.of(table)
    await write_one(again, put(table, "c", 1))
    await HotKeySaver(again).flush()
    assert (await saved(again, table, "PKC"))[BEGIN + 1] == {("c",): 6.0}


async def test_old_minutes_are_forgotten() -> None:
    db, table, clock = await made()
    saver = HotKeySaver(db)
    await write_one(db, put(table, "a", 1))
    await saver.flush()
    assert await saved(db, table, "PKC")
    clock.at_ms += (KEPT_MINUTES + 1) * 60_000
    while await saver.step(clock.at_ms):
        pass
    assert await saved(db, table, "PKC") == {}


async def test_a_key_whose_name_nobody_remembers_is_found_in_storage() -> None:
    db, table, _ = await made()
    await write_one(db, put(table, "a", 1))
    watch = db.flows.of(table).read.watch
    assert watch is not None
    watch.names.clear()
    await HotKeySaver(db).flush()
    assert (await saved(db, table, "SKC"))[BEGIN] == {("a", "1"): 3.0}
    assert (await saved(db, table, "PKC"))[BEGIN] == {("a",): 3.0}


async def test_only_what_is_throttled_is_counted_where_that_is_wanted_and_nothing_when_off() -> (
    None
):
    db, table, _ = await made(mode="THROTTLED_KEYS")
    await write_one(db, put(table, "a", 1))
    watch = db.flows.of(table).write.watch
    assert watch is not None
    assert watch.minutes == {}
    off = {"": {"mode": "THROTTLED_KEYS", "enabled": False}}
    table = await db.replace_table(table, replace(table, settings={"insights": off}))
    assert db.flows.of(table).write.watch is None
    assert db.flows.of(table).write.parts is None
