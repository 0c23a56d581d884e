"""Random work against every engine and against a dictionary, compared after every step.

Batches of one step are committed at once: they share groups and see each other while pending.
SQLite and PostgreSQL are closed and opened again in between.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.postgres_schema import DISTRIBUTED
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Change,
    Conflict,
    Delete,
    Engine,
    Entry,
    Keep,
    Key,
    LogBounds,
    LogEntry,
    Page,
    Put,
    Row,
    Stats,
    Tally,
)
from tests.support.postgres import Cluster
from tests.support.quick_folder import quick_folder

SPACES = (1, 2)
TOKENS = tuple(bytes([at]) * 16 for at in range(3))
SORTS = (b"", b"\x00", b"a", b"a\x00", b"ab", b"\xff")
SUBS = (b"", b"\x00", b"s")
RIGHT, WRONG = -2, 1 << 60  # expectations that the test resolves against the model

keys = st.tuples(*map(st.sampled_from, (SPACES, TOKENS, SORTS, SUBS)))
values = st.binary(max_size=40)
expectations = st.sampled_from((ANY, ANY, RIGHT, RIGHT, RIGHT, ABSENT, WRONG))
writes = st.one_of(
    st.builds(Put, keys, expectations, values),
    st.builds(Put, keys, expectations, values),
    st.builds(Delete, keys, expectations),
    st.builds(Keep, keys, expectations),
)
changes = st.builds(Change, st.sampled_from(SPACES), st.sampled_from((0, 1)), values)
tallies = st.builds(Tally, st.sampled_from(SPACES), st.integers(-3, 3), st.integers(-99, 99))


@dataclass
class Commits:
    batches: list[tuple[list[Put | Delete | Keep], list[Change], list[Tally]]]


@dataclass
class Range:
    space: int
    token: bytes
    low: bytes | None
    high: bytes | None
    low_open: bool
    high_open: bool
    reverse: bool
    after: tuple[bytes, bytes] | None
    item_limit: int
    byte_limit: int


@dataclass
class Scan:
    space: int
    token_low: bytes
    token_high: bytes | None
    after: tuple[bytes, bytes, bytes] | None
    item_limit: int
    byte_limit: int


@dataclass
class Trim:
    space: int
    part: int
    upto: int


@dataclass
class Reopen:
    pass


limits = {"item_limit": st.integers(1, 8), "byte_limit": st.integers(0, 120)}
steps = st.one_of(
    st.builds(
        Commits,
        st.lists(
            st.tuples(
                st.lists(writes, max_size=4, unique_by=lambda write: write.key),
                st.lists(changes, max_size=3),
                st.lists(tallies, max_size=2),
            ),
            min_size=1,
            max_size=5,
        ),
    ),
    st.builds(
        Range,
        space=st.sampled_from(SPACES),
        token=st.sampled_from(TOKENS),
        low=st.none() | st.sampled_from(SORTS),
        high=st.none() | st.sampled_from(SORTS),
        low_open=st.booleans(),
        high_open=st.booleans(),
        reverse=st.booleans(),
        after=st.none() | st.tuples(st.sampled_from(SORTS), st.sampled_from(SUBS)),
        **limits,
    ),
    st.builds(
        Scan,
        space=st.sampled_from(SPACES),
        token_low=st.sampled_from((b"", *TOKENS)),
        token_high=st.none() | st.sampled_from(TOKENS),
        after=st.none() | st.tuples(*map(st.sampled_from, (TOKENS, SORTS, SUBS))),
        **limits,
    ),
    st.builds(Trim, st.sampled_from(SPACES), st.sampled_from((0, 1)), st.integers(0, 12)),
    st.builds(Reopen),
)


@dataclass
class Model:
    rows: dict[Key, Row] = field(default_factory=dict)
    logs: dict[tuple[int, int], list[bytes]] = field(default_factory=dict)
    trimmed: dict[tuple[int, int], int] = field(default_factory=dict)
    tallies: dict[int, Stats] = field(default_factory=dict)

    def commit(self, batch: Batch) -> Conflict | None:
        for index, write in enumerate(batch.writes):
            row = self.rows.get(write.key)
            if write.expect != ANY and write.expect != (row.version if row else ABSENT):
                return Conflict(index, row)
        for write in batch.writes:
            if isinstance(write, Put):
                self.rows[write.key] = Row(batch.version, write.value)
            elif isinstance(write, Delete):
                self.rows.pop(write.key, None)
        for change in batch.changes:
            self.logs.setdefault((change.space, change.part), []).append(change.record)
        for tally in batch.tallies:
            rows, size = self.tallies.get(tally.space, Stats(0, 0))
            self.tallies[tally.space] = Stats(rows + tally.rows, size + tally.bytes)
        return None

    def range(self, asked: Range) -> Page:
        found = []
        for key in sorted(self.rows, reverse=asked.reverse):
            place = key[2:]
            if key[:2] != (asked.space, asked.token):
                continue
            low, high, after = asked.low, asked.high, asked.after
            if low is not None and (key[2] <= low if asked.low_open else key[2] < low):
                continue
            if high is not None and (key[2] >= high if asked.high_open else key[2] > high):
                continue
            if after is not None and (place >= after if asked.reverse else place <= after):
                continue
            found.append(key)
        return self.page(found, asked.item_limit, asked.byte_limit)

    def scan(self, asked: Scan) -> Page:
        found = [
            key
            for key in sorted(self.rows)
            if key[0] == asked.space
            and asked.token_low <= key[1]
            and (asked.token_high is None or key[1] < asked.token_high)
            and (asked.after is None or key[1:] > asked.after)
        ]
        return self.page(found, asked.item_limit, asked.byte_limit)

    def page(self, found: Sequence[Key], item_limit: int, byte_limit: int) -> Page:
        entries: list[Entry] = []
        for key in found[:item_limit]:
            entry = Entry(*key[1:], *self.rows[key])
            if entries and sum(len(e.value) for e in [*entries, entry]) > byte_limit:
                break
            entries.append(entry)
        return Page(entries, len(entries) < len(found))


async def run(engine: Engine, folder: Path, work: list[object], *, url: str = "") -> None:
    model = Model()
    version = 0
    asked_before: list[Range] = []
    try:
        for step in work:
            if isinstance(step, Commits):
                batches = []
                # "Right" is what the model says before the step: for a later batch of the same
                # step it may be wrong, and must then conflict.
                before = dict(model.rows)
                for its_writes, its_changes, its_tallies in step.batches:
                    version += 1
                    resolved = [
                        write._replace(expect=getattr(before.get(write.key), "version", ABSENT))
                        if write.expect == RIGHT
                        else write
                        for write in its_writes
                    ]
                    batches.append(Batch(version, resolved, its_changes, its_tallies))
                if isinstance(engine, PostgresEngine):
                    # Together they would take effect in any order, and the model knows but one.
                    answers = [await engine.commit(batch) for batch in batches]
                else:
                    answers = await asyncio.gather(*map(engine.commit, batches))
                assert answers == [model.commit(batch) for batch in batches]
                touched = [write.key for batch in batches for write in batch.writes]
                wanted = [model.rows.get(key) for key in touched]
                assert await engine.get(touched, snapshot=True) == wanted
                assert [await engine.get_one(key, pending=True) for key in touched] == wanted
                for question in asked_before:
                    assert await ask_range(engine, question) == model.range(question)
            elif isinstance(step, Range):
                asked_before.append(step)
                for _ in range(2):  # the second answer may come from a cache
                    assert await ask_range(engine, step) == model.range(step)
            elif isinstance(step, Scan):
                asked = dict(vars(step))
                page = await engine.scan(
                    *[asked.pop(name) for name in ("space", "token_low", "token_high")], **asked
                )
                assert page == model.scan(step)
            elif isinstance(step, Trim):
                await engine.log_trim(step.space, step.part, step.upto)
                at = (step.space, step.part)
                upto = min(step.upto, len(model.logs.get(at, ())))
                model.trimmed[at] = max(model.trimmed.get(at, 0), upto)
            elif isinstance(step, Reopen) and isinstance(engine, SqliteEngine):
                await engine.close()
                engine = open_sqlite(folder)
            elif isinstance(step, Reopen) and isinstance(engine, PostgresEngine):
                await engine.close()
                engine = await PostgresEngine.open(url)
            await compare_logs_and_tallies(engine, model)
    finally:
        await engine.close()


async def ask_range(engine: Engine, question: Range) -> Page:
    asked = dict(vars(question))
    return await engine.range(
        *[asked.pop(name) for name in ("space", "token", "low", "high")], **asked
    )


async def compare_logs_and_tallies(engine: Engine, model: Model) -> None:
    for space in SPACES:
        assert await engine.stats(space) == model.tallies.get(space, Stats(0, 0))
        for part in (0, 1):
            records = model.logs.get((space, part), [])
            trimmed = model.trimmed.get((space, part), 0)
            assert await engine.log_bounds(space, part) == LogBounds(trimmed + 1, len(records))
            assert await engine.log_read(space, part, 0, 1000) == [
                LogEntry(seq, record) for seq, record in enumerate(records, 1) if seq > trimmed
            ]


def open_sqlite(folder: Path) -> SqliteEngine:
    # A cache of a few rows: eviction and re-reading are part of what is tested.
    return SqliteEngine.open(folder, cache_bytes=6000)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(work=st.lists(steps, min_size=1, max_size=25))
def test_engine_does_what_a_dictionary_does(kind: str, work: list[object]) -> None:
    async def body(folder: Path) -> None:
        engine: Engine = MemoryEngine() if kind == "memory" else open_sqlite(folder)
        await run(engine, folder, work)

    with tempfile.TemporaryDirectory(dir=quick_folder()) as folder:
        asyncio.run(body(Path(folder)))


@pytest.mark.parametrize("dialect", ["plain", "citus"])
def test_postgres_does_what_a_dictionary_does(
    dialect: str, cluster: Cluster, new_store: Callable[..., str]
) -> None:
    url = new_store(dialect=dialect, connections=2)

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(work=st.lists(steps, min_size=1, max_size=25))
    def check(work: list[object]) -> None:
        async def body() -> None:
            # A store that is emptied is made sooner than a new one.
            first = await PostgresEngine.open(url)
            async with first._pool.connection() as connection:
                for table in DISTRIBUTED:
                    await connection.execute(f"TRUNCATE {table}")
            await run(first, Path(), work, url=url)

        asyncio.run(body())

    check()
