"""Measurements: series of aggregates over time, kept in rows of their own space.

A series is one metric of one owner. Its aggregates lie in slots of a resolution, 60 slots to a row:

    (MEASUREMENTS_SPACE, series, level + row number, "")    -> [[slot, unit, count, sum, …], …]
    (MEASUREMENTS_SPACE, owner, namespace 0 name 0 series)  -> [name, dimensions, last sample]
    (MEASUREMENTS_SPACE, "due", time + level + series + row) -> where the series is registered

Everything goes to the slots of a minute, and with high resolution to those of a second, too. When a
row is old enough it is due: seconds are forgotten after 3 hours, minutes become slots of 5 minutes
after 15 days, those slots of an hour after 63 days, and these are forgotten after 455 days, as
CloudWatch keeps them. Nothing older than two weeks may be added, so a row that is due is complete.

Additions are durable when `add` returns: rows are read, merged and put under the guard of their
versions, and again when somebody else was faster.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from jedlik.storage.waist import ABSENT, ANY, Batch, Delete, Key, Put, Row, Tally, Write
from jedlik.tables.aggregates import Aggregate, Distribution
from jedlik.tables.database import MEASUREMENTS_SPACE, Database
from jedlik.tables.errors import Contended

SLOTS = 60
HOUR_S = 3600
DAY_S = 24 * HOUR_S


class Level(NamedTuple):
    """One resolution. kept_s: how long; into: the level that rows become then, None: forgotten."""

    number: int
    resolution_s: int
    kept_s: int
    into: int | None

    @property
    def row_s(self) -> int:
        return self.resolution_s * SLOTS


SECONDS = Level(0, 1, 3 * HOUR_S, None)
MINUTES = Level(1, 60, 15 * DAY_S, 2)
FIVE_MINUTES = Level(2, 300, 63 * DAY_S, 3)
HOURS = Level(3, HOUR_S, 455 * DAY_S, None)
LEVELS = (SECONDS, MINUTES, FIVE_MINUTES, HOURS)

SERIES_MAX = 200_000
"""Series of one store: a client that makes up names must not fill the disk."""
SEEN_S = 300
"""How exact the time of a series' last sample is."""
SAMPLES_PER_BATCH = 50
RETRIES_MAX = 30
ROWS_PER_READ = 200
BYTES_PER_READ = 4 << 20
DUE_PER_STEP = 100

UNITS = (
    "None", "Count", "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes",
    "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent",
    "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second",
    "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second",
    "Terabits/Second", "Count/Second",
)  # fmt: skip
"""Stored as their place here: append only."""
UNIT_NUMBERS = {unit: number for number, unit in enumerate(UNITS)}

Dimensions = tuple[tuple[str, str], ...]
"""(name, value), in order of the names."""


class TooManySeries(Exception):
    """No room for another series."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What a series measures."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What is added to a series: aggregated samples of one moment, in epoch seconds."""

    metric: Metric
    at_s: int
    aggregate: Aggregate
    unit: str = "None"
    by_second: bool = False


class Registered(NamedTuple):
    """A series that is there; last_s: about when its last sample was taken (SEEN_S)."""

    metric: Metric
    last_s: int
    sort: bytes


class Slot(NamedTuple):
    """An aggregate as it was read; at_s: the beginning of its slot."""

    at_s: int
    unit: str
    aggregate: Aggregate


class Measurements:
    """The series of one owner (an account in a region); cheap to make, it holds nothing."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._db = db
        self._owner = _token("owner", account, region)
        self._account, self._region = account, region

    @property
    def place(self) -> tuple[Database, str, str]:
        """The database, account and region."""
        return self._db, self._account, self._region

    async def add(self, samples: Sequence[Sample], now_s: float) -> None:
        """Add samples; durable when it returns. Raises TooManySeries, Contended."""
        for first in range(0, len(samples), SAMPLES_PER_BATCH):
            await self._add(samples[first : first + SAMPLES_PER_BATCH], now_s)
            await asyncio.sleep(0)  # others get their turn between two batches

    async def registered(
        self, namespace: str = "", name: str = "", *, after: bytes | None = None, limit: int = 500
    ) -> tuple[list[Registered], bool]:
        """Up to `limit` series in order, of a namespace, and of a name in it; whether more follow.

        after: the `sort` of the last one seen.
        """
        low = f"{namespace}\0{name}\0" if name else f"{namespace}\0" if namespace else ""
        page = await self._db.engine.range(
            MEASUREMENTS_SPACE,
            self._owner,
            low.encode() or None,
            low.encode() + b"\xff" * 24 if low else None,
            after=(after, b"") if after is not None else None,
            item_limit=limit,
            byte_limit=BYTES_PER_READ,
        )
        return [_registered(entry.sort, entry.value) for entry in page.entries], page.more

    async def slots(
        self, metric: Metric, start_s: float, end_s: float, *, by_second: bool = False
    ) -> list[Slot]:
        """What is kept of [start_s, end_s), every sample once, in the resolution that it still
        has; by_second: as the seconds that are left (nothing older)."""
        series = self._series(metric)
        found: list[Slot] = []
        for level in (SECONDS,) if by_second else LEVELS[1:]:
            async for number, row in self._rows(level, series, start_s, end_s):
                base_s = number * level.row_s
                for stored in row:
                    at_s = base_s + stored[0] * level.resolution_s
                    if start_s <= at_s < end_s:
                        found.append(Slot(at_s, UNITS[stored[1]], _read(stored)))
        return found

    def _series(self, metric: Metric) -> bytes:
        return _token(
            "series", self._account, self._region, metric.namespace, metric.name,
            *(part for pair in metric.dimensions for part in pair),
        )  # fmt: skip

    async def _rows(
        self, level: Level, series: bytes, start_s: float, end_s: float
    ) -> AsyncIterator[tuple[int, list[Any]]]:
        low = _row_sort(level, max(0, int(start_s // level.row_s)))
        high = _row_sort(level, max(0, int(end_s // level.row_s)))
        after: tuple[bytes, bytes] | None = None
        while True:
            page = await self._db.engine.range(
                MEASUREMENTS_SPACE,
                series,
                low,
                high,
                after=after,
                item_limit=ROWS_PER_READ,
                byte_limit=BYTES_PER_READ,
            )
            for entry in page.entries:
                yield int.from_bytes(entry.sort[1:], "big"), msgspec.msgpack.decode(entry.value)
            if not page.more:
                return
            after = (page.entries[-1].sort, page.entries[-1].sub)
            await asyncio.sleep(0)  # years of minutes must not hold everybody else up

    async def _add(self, samples: Sequence[Sample], now_s: float) -> None:
        for _ in range(RETRIES_MAX):
            if await self._try(samples, now_s):
                return
        raise Contended

    async def _try(self, samples: Sequence[Sample], now_s: float) -> bool:
        """One round of read, merge and guarded put; whether nobody was faster."""
        rows: dict[Key, list[Sample]] = {}
        homes: dict[Key, tuple[Level, Key]] = {}
        lasts: dict[Key, tuple[Metric, int]] = {}
        for sample in samples:
            series = self._series(sample.metric)
            home = (MEASUREMENTS_SPACE, self._owner, _home_sort(sample.metric, series), b"")
            _, last_s = lasts.get(home, (sample.metric, 0))
            lasts[home] = sample.metric, max(last_s, sample.at_s)
            for level in (MINUTES, SECONDS):
                if level is SECONDS and not (
                    sample.by_second and sample.at_s > now_s - SECONDS.kept_s
                ):
                    continue
                number = sample.at_s // level.row_s
                key = (MEASUREMENTS_SPACE, series, _row_sort(level, number), b"")
                rows.setdefault(key, []).append(sample)
                homes[key] = level, home
        keys = [*lasts, *rows]
        found = dict(zip(keys, await self._db.engine.get(keys, pending=True), strict=True))
        writes: list[Write] = []
        for key, added in rows.items():
            level, home = homes[key]
            row = found[key]
            writes.append(Put(key, _version(row), _with(level, row, added)))
            if row is None:
                writes.append(_due(level, key, home))
        made = 0
        for home, (metric, last_s) in lasts.items():
            row = found[home]
            if row is None:
                made += 1
            elif msgspec.msgpack.decode(row.value)[2] + SEEN_S > last_s:
                continue
            value = msgspec.msgpack.encode([metric.name, metric.dimensions, last_s])
            writes.append(Put(home, _version(row), value))
        if made:
            stats = await self._db.engine.stats(MEASUREMENTS_SPACE)
            if stats.rows + made > SERIES_MAX:
                raise TooManySeries
        tallies = (Tally(MEASUREMENTS_SPACE, made, 0),) if made else ()
        batch = Batch(self._db.versions.next(), writes, tallies=tallies)
        return await self._db.engine.commit(batch) is None


async def retire(db: Database, now_s: float) -> bool:
    """Make what is due coarser, or forget it, a bounded amount; whether there is more to do."""
    page = await db.engine.range(
        MEASUREMENTS_SPACE,
        _DUE,
        None,
        int(now_s).to_bytes(8, "big"),
        item_limit=DUE_PER_STEP,
        byte_limit=BYTES_PER_READ,
    )
    for entry in page.entries:
        level = LEVELS[entry.sort[8]]
        series, number = entry.sort[9:25], int.from_bytes(entry.sort[25:], "big")
        owner, home_sort = entry.value[:16], entry.value[16:]
        home = (MEASUREMENTS_SPACE, owner, home_sort, b"")
        due = Delete((MEASUREMENTS_SPACE, _DUE, entry.sort, b""), ANY)
        await _retire_row(db, level, series, number, home, due, now_s)
    return page.more


async def _retire_row(
    db: Database, level: Level, series: bytes, number: int, home: Key, due: Delete, now_s: float
) -> None:
    """Fold a row into the next level, or delete it; the last one takes its series along."""
    key = (MEASUREMENTS_SPACE, series, _row_sort(level, number), b"")
    row = await db.engine.get_one(key, pending=True)
    writes: list[Write] = [due]
    tallies: list[Tally] = []
    if row is not None:
        writes.append(Delete(key, row.version))
        if level.into is not None:
            writes += await _folded(db, level, LEVELS[level.into], series, number, row, home)
    if level is HOURS:
        registered = await db.engine.get_one(home, pending=True)
        last_s = msgspec.msgpack.decode(registered.value)[2] if registered else 0
        if registered is not None and last_s + SEEN_S < now_s - HOURS.kept_s:
            writes.append(Delete(home, registered.version))
            tallies.append(Tally(MEASUREMENTS_SPACE, -1, 0))
    await db.engine.commit(Batch(db.versions.next(), writes, tallies=tallies))
    # A conflict means that another process has done it, or that it will be done next time.


async def _folded(
    db: Database, level: Level, into: Level, series: bytes, number: int, row: Row, home: Key
) -> list[Write]:
    samples: dict[int, list[Sample]] = {}
    for stored in msgspec.msgpack.decode(row.value):
        at_s = number * level.row_s + stored[0] * level.resolution_s
        sample = Sample(Metric("", ""), at_s, _read(stored), UNITS[stored[1]])
        samples.setdefault(at_s // into.row_s, []).append(sample)
    writes: list[Write] = []
    for coarser, added in samples.items():
        key = (MEASUREMENTS_SPACE, series, _row_sort(into, coarser), b"")
        before = await db.engine.get_one(key, pending=True)
        writes.append(Put(key, _version(before), _with(into, before, added)))
        if before is None:
            writes.append(_due(into, key, home))
    return writes


def _with(level: Level, row: Row | None, samples: Iterable[Sample]) -> bytes:
    """A row's bytes with samples added."""
    slots: dict[tuple[int, int], Aggregate] = {}
    for stored in msgspec.msgpack.decode(row.value) if row else ():
        slots[stored[0], stored[1]] = _read(stored)
    for sample in samples:
        slot = sample.at_s % level.row_s // level.resolution_s
        place = slot, UNIT_NUMBERS[sample.unit]
        before = slots.get(place)
        slots[place] = before.merged(sample.aggregate) if before else sample.aggregate
    return msgspec.msgpack.encode([_stored(*place, slots[place]) for place in sorted(slots)])


def _stored(slot: int, unit: int, aggregate: Aggregate) -> list[Any]:
    """[slot, unit, count, sum, low, high, distribution]; of equal samples: without high on; of one
    whose distribution is not known: without it."""
    found: list[Any] = [slot, unit, aggregate.count, aggregate.sum, aggregate.low]
    distribution = aggregate.distribution
    if aggregate.low == aggregate.high and distribution and len(distribution.counts) == 1:
        return found
    found.append(aggregate.high)
    if distribution is not None:
        keys, counts = [*distribution.counts], [*distribution.counts.values()]
        found.append([distribution.level, keys, counts])
    return found


def _read(stored: list[Any]) -> Aggregate:
    _, _, count, total, low, *rest = stored
    if not rest:
        return Aggregate(count, total, low, low, Distribution(0, {low: count}))
    if len(rest) == 1:
        return Aggregate(count, total, low, rest[0])
    level, keys, counts = rest[1]
    distribution = Distribution(level, dict(zip(keys, counts, strict=True)))
    return Aggregate(count, total, low, rest[0], distribution)


def _registered(sort: bytes, value: bytes) -> Registered:
    name, dimensions, last_s = msgspec.msgpack.decode(value)
    namespace = sort.partition(b"\0")[0].decode()
    pairs = tuple((key, each) for key, each in dimensions)
    return Registered(Metric(namespace, name, pairs), last_s, sort)


def _due(level: Level, key: Key, home: Key) -> Put:
    _, series, row_sort, _ = key
    number = int.from_bytes(row_sort[1:], "big")
    at_s = (number + 1) * level.row_s + level.kept_s
    sort = at_s.to_bytes(8, "big") + bytes((level.number,)) + series + row_sort[1:]
    return Put((MEASUREMENTS_SPACE, _DUE, sort, b""), ANY, home[1] + home[2])


def _home_sort(metric: Metric, series: bytes) -> bytes:
    return f"{metric.namespace}\0{metric.name}\0".encode() + series


def _row_sort(level: Level, number: int) -> bytes:
    return bytes((level.number,)) + number.to_bytes(8, "big")


def _version(row: Row | None) -> int:
    return row.version if row is not None else ABSENT


def _token(*parts: str) -> bytes:
    """The hash of texts that contain no zero byte."""
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()


_DUE = _token("due")
