"""Measurements and aggregates: nothing is lost by merging, and age only makes it coarser."""

from __future__ import annotations

import asyncio
import random

import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.tables import measurements
from jedlik.tables.aggregates import BUCKETS_MAX, of_statistics, of_values
from jedlik.tables.database import MEASUREMENTS_SPACE, Database
from jedlik.tables.measurements import (
    DAY_S,
    HOUR_S,
    Measurements,
    Metric,
    Sample,
    TooManySeries,
    retire,
)

NOW_S = 1_800_000_000
METRIC = Metric("App", "Latency", (("Host", "a"),))


async def opened() -> tuple[Database, Measurements]:
    db = Database(MemoryEngine())
    await db.open()
    return db, Measurements(db, "000000000000", "us-east-1")


def one(at_s: int, value: float, **other: object) -> Sample:
    return Sample(METRIC, at_s, of_values([(value, 1.0)]), **other)  # type: ignore[arg-type]


async def sums(store: Measurements, *, by_second: bool = False) -> list[tuple[int, float, float]]:
    found = await store.slots(METRIC, NOW_S - DAY_S, NOW_S + DAY_S, by_second=by_second)
    return [(slot.at_s - NOW_S, slot.aggregate.count, slot.aggregate.sum) for slot in found]


async def retired(db: Database, now_s: float) -> None:
    while await retire(db, now_s):
        pass


async def test_samples_grow_coarser_with_age_and_are_forgotten_in_the_end() -> None:
    db, store = await opened()
    samples = [one(NOW_S + second, 1.0, by_second=True) for second in range(600)]
    await store.add(samples, NOW_S + 600)
    assert len(await sums(store, by_second=True)) == 600
    minutes = [(minute * 60, 60.0, 60.0) for minute in range(10)]
    assert await sums(store) == minutes
    await retired(db, NOW_S + 4 * HOUR_S)
    assert await sums(store, by_second=True) == []
    assert await sums(store) == minutes
    await retired(db, NOW_S + 16 * DAY_S)
    assert await sums(store) == [(0, 300.0, 300.0), (300, 300.0, 300.0)]
    await retired(db, NOW_S + 70 * DAY_S)
    assert await sums(store) == [(0, 600.0, 600.0)]
    await retired(db, NOW_S + 460 * DAY_S)
    assert await sums(store) == []
    assert (await store.registered())[0] == []
    page = await db.engine.scan(MEASUREMENTS_SPACE, b"", None, item_limit=10, byte_limit=1 << 20)
    assert page.entries == []
    assert (await db.engine.stats(MEASUREMENTS_SPACE)).rows == 0


async def test_adding_at_once_loses_nothing() -> None:
    _, store = await opened()
    await asyncio.gather(*(store.add([one(NOW_S, 1.0)], NOW_S) for _ in range(20)))
    assert await sums(store) == [(0, 20.0, 20.0)]


async def test_owners_do_not_see_one_another() -> None:
    db, store = await opened()
    await store.add([one(NOW_S, 1.0)], NOW_S)
    other = Measurements(db, "000000000000", "eu-west-1")
    assert (await other.registered())[0] == []
    assert await other.slots(METRIC, 0, NOW_S * 2) == []


async def test_series_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    _, store = await opened()
    monkeypatch.setattr(measurements, "SERIES_MAX", 2)
    for name in "ab":
        await store.add([Sample(Metric("App", name), NOW_S, of_values([(1.0, 1.0)]))], NOW_S)
    with pytest.raises(TooManySeries):
        await store.add([Sample(Metric("App", "c"), NOW_S, of_values([(1.0, 1.0)]))], NOW_S)
    await store.add([Sample(Metric("App", "a"), NOW_S, of_values([(1.0, 1.0)]))], NOW_S)


def test_a_sketch_stays_small_and_close() -> None:
    chosen = random.Random(7)
    values = sorted(chosen.lognormvariate(0, 2) for _ in range(5000))
    merged = of_values([(values[0], 1.0)])
    for value in values[1:]:
        merged = merged.merged(of_values([(value, 1.0)]))
    assert merged.count == 5000
    assert merged.sum == pytest.approx(sum(values))
    assert merged.distribution is not None
    pairs = merged.distribution.values()
    assert len(pairs) <= BUCKETS_MAX
    assert sum(count for _, count in pairs) == 5000
    seen = 0.0
    for value, count in pairs:
        seen += count
        assert value == pytest.approx(values[int(seen) - 1], rel=0.15)


def test_no_distribution_of_negative_values_and_of_statistic_sets() -> None:
    assert of_values([(-1.0, 1.0), (2.0, 1.0)]).distribution is None
    assert of_statistics(count=2, sum=3, low=1, high=2).distribution is None
    assert of_statistics(count=2, sum=4, low=2, high=2).distribution is not None
    both = of_values([(1.0, 1.0)]).merged(of_statistics(count=2, sum=3, low=1, high=2))
    assert (both.count, both.sum, both.low, both.high, both.distribution) == (3, 4, 1, 2, None)
