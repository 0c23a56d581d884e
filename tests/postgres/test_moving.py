"""Moving a store: whatever the waist shows of it is the same afterwards, however often it broke."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from jedlik.storage import moving
from jedlik.storage.moving import Differs, Move, Place, Reading, Writing
from jedlik.storage.moving_postgres import PostgresSource, PostgresTarget
from jedlik.storage.moving_sqlite import SqliteSource, SqliteTarget
from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import (
    ANY,
    Batch,
    Change,
    Delete,
    Engine,
    FolderLocked,
    Put,
    SpaceDropped,
    StorageError,
    Tally,
    Write,
)
from tests.support.postgres import Cluster

SPACES = (0, 3, 64, 65, 66, 130, 1 << 30)
DROPPED = (66, 200)
LANES = (0, 1, 17)
_names = itertools.count(1)


def url_of(cluster: Cluster, **parameters: Any) -> str:
    return cluster.url(f"moved{next(_names)}", connections=4, **parameters)


@contextlib.asynccontextmanager
async def opened(place: str) -> Any:
    engine: Engine
    if place.startswith("postgresql://"):
        engine = await PostgresEngine.open(place)
    else:
        engine = SqliteEngine.open(place)
    try:
        yield engine
    finally:
        await engine.close()


async def fill(engine: Engine, random: Random, *, batches: int = 60) -> None:
    """Rows of all shapes, written again and deleted; logs, some trimmed; tallies; drops."""
    version = 1 << 40
    for space in (*SPACES, *DROPPED):
        await engine.space_create(space)
    for _ in range(batches):
        version += random.randint(1, 1 << 30)
        writes: list[Write] = []
        for _ in range(random.randint(1, 8)):
            key = (
                random.choice(SPACES),
                bytes([random.randint(0, 255)]) + random.randbytes(1) + bytes(14),
                random.choice((b"", b"\0", random.randbytes(random.choice((3, 900))))),
                random.choice((b"", b"s", random.randbytes(1000))),
            )
            size = random.choice((0, 1, 50, 30_000))
            writes.append(Put(key, ANY, random.randbytes(size)))
            if random.random() < 0.2:
                writes.append(Delete(key, ANY))
        changes = [
            Change(random.choice(SPACES[2:]), random.choice(LANES), random.randbytes(40))
            for _ in range(random.randint(0, 5))
        ]
        tallies = [Tally(random.choice(SPACES), random.randint(-2, 9), random.randint(-9, 99))]
        await engine.commit(Batch(version, writes, changes, tallies))
    await engine.commit(
        Batch(version + 1, [Put((66, bytes(16), b"", b""), ANY, b"gone")], [Change(66, 0, b"gone")])
    )
    for space, lane in itertools.product(SPACES[2:], LANES):
        last = (await engine.log_bounds(space, lane)).last
        if random.random() < 0.6:
            await engine.log_trim(space, lane, random.randint(0, last))
    for space in DROPPED:
        await engine.space_drop(space)


async def shown(engine: Engine) -> Any:
    """All that the waist shows of a store."""
    found: dict[Any, Any] = {}
    for space in (*SPACES, *DROPPED):
        page = await engine.scan(space, b"", None, item_limit=10_000, byte_limit=1 << 30)
        found[space] = (page.entries, await engine.stats(space))
        for lane in LANES:
            bounds = await engine.log_bounds(space, lane)
            found[space, lane] = (bounds, await engine.log_read(space, lane, 0, 10_000))
    return found


async def source_of(place: str) -> Reading:
    if place.startswith("postgresql://"):
        return await PostgresSource.open(place)
    return await SqliteSource.open(Path(place))


async def target_of(place: str) -> Writing:
    if place.startswith("postgresql://"):
        return await PostgresTarget.open(place)
    return await SqliteTarget.open(Path(place))


class Broken(Exception):
    """The move's end, for a test."""


class Breaks:
    """A target that fails at its nth write, before or after it is done."""

    def __init__(self, inner: Writing, at: int, *, done: bool) -> None:
        self._inner = inner
        self._left = at
        self._done = done

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not name.startswith("put_") and name not in ("clear", "finish"):
            return method

        async def write(*arguments: Any) -> None:
            self._left -= 1
            if self._left == 0 and not self._done:
                raise Broken
            await method(*arguments)
            if self._left == 0 and name != "finish":  # after that there is nothing to go on with
                raise Broken

        return write


async def move(source: str, target: str, *, break_at: int = 0, done: bool = False) -> bool:
    """Whether the move came to its end."""
    reading = await source_of(source)
    try:
        writing = await target_of(target)
        try:
            into: Any = Breaks(writing, break_at, done=done) if break_at else writing
            await Move(reading, into).run()
        except Broken:
            return False
        finally:
            await writing.close()
    finally:
        await reading.close()
    return True


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a little makes many pages."""
    for name, value in (("PAGE_ROWS", 7), ("PAGE_BYTES", 40_000)):
        for module in ("moving", "moving_sqlite", "moving_postgres"):
            monkeypatch.setattr(f"jedlik.storage.{module}.{name}", value)


@pytest.mark.parametrize("seed", range(2))
async def test_there_and_back_nothing_has_changed(
    cluster: Cluster, tmp_path: Path, seed: int
) -> None:
    """Folder, PostgreSQL, PostgreSQL as for Citus with other parts, folder; each move broken."""
    random = Random(seed)
    places = [
        str(tmp_path / "a"),
        url_of(cluster),
        url_of(cluster, dialect="citus", parts=5),
        str(tmp_path / "b"),
        str(tmp_path / "c"),
    ]
    async with opened(places[0]) as engine:
        await fill(engine, random)
        before = await shown(engine)
        floor = await engine.version_floor()
    for source, target in itertools.pairwise(places):
        attempts = 0
        while not await move(
            source, target, break_at=random.randint(2, 25), done=random.random() < 0.5
        ):
            attempts += 1
            with pytest.raises(StorageError, match="unfinished"):
                async with opened(target):
                    pass
        assert attempts > 0
        async with opened(target) as engine:
            assert await shown(engine) == before
            assert await engine.version_floor() >= floor
            assert not (await engine.scan(66, b"", None, item_limit=1, byte_limit=1)).entries
    async with opened(places[-1]) as engine:
        await engine.commit(Batch(1 << 62, [], [Change(64, 0, b"next")]))
        bounds = before[64, 0][0]
        assert (await engine.log_bounds(64, 0)).last == bounds.last + 1


async def test_what_was_dropped_stays_dropped(cluster: Cluster) -> None:
    source, target = url_of(cluster), url_of(cluster)
    async with opened(source) as engine:
        await fill(engine, Random(5), batches=3)
    assert await move(source, target)
    async with opened(target) as engine:
        with pytest.raises(SpaceDropped):
            await engine.space_create(DROPPED[0])


async def test_records_that_nobody_has_read_are_moved_in_their_order(
    cluster: Cluster, tmp_path: Path
) -> None:
    source = url_of(cluster)
    async with opened(source) as engine:
        for at in range(30):
            await engine.commit(Batch(at + 1, [], [Change(64, 0, b"%d" % at)]))
    assert await move(source, str(tmp_path / "store"))
    async with opened(str(tmp_path / "store")) as engine:
        entries = await engine.log_read(64, 0, 0, 100)
        assert [(entry.seq, entry.record) for entry in entries] == [
            (at + 1, b"%d" % at) for at in range(30)
        ]


@pytest.mark.parametrize("kind", ["folder", "postgres"])
async def test_a_source_that_was_written_to_is_moved_anew(
    cluster: Cluster, tmp_path: Path, kind: str
) -> None:
    source = str(tmp_path / "from") if kind == "folder" else url_of(cluster)
    target = url_of(cluster) if kind == "folder" else str(tmp_path / "to")
    async with opened(source) as engine:
        await fill(engine, Random(7))
    assert not await move(source, target, break_at=20, done=True)
    async with opened(source) as engine:
        floor = await engine.version_floor()
        first = (SPACES[0], bytes(16), b"", b"")
        await engine.commit(Batch(max(floor, 1 << 61) + 1, [Put(first, ANY, b"late")]))
        now = await shown(engine)
    assert await move(source, target)
    async with opened(target) as engine:
        assert await shown(engine) == now


@pytest.mark.parametrize("kind", ["folder", "postgres"])
async def test_a_target_that_holds_something_is_refused(
    cluster: Cluster, tmp_path: Path, kind: str
) -> None:
    source = str(tmp_path / "from")
    target = str(tmp_path / "to") if kind == "folder" else url_of(cluster)
    for place in (source, target):
        async with opened(place) as engine:
            await engine.commit(Batch(1, [Put((0, bytes(16), b"", b""), ANY, b"value")]))
            before = await shown(engine)
    with pytest.raises(StorageError, match="holds a store already"):
        await move(source, target)
    async with opened(target) as engine:
        assert await shown(engine) == before


async def test_stores_in_use_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    folder, url = str(tmp_path / "store"), url_of(cluster)
    async with opened(folder), opened(url) as engine:
        await engine.commit(Batch(1, [Put((0, bytes(16), b"", b""), ANY, b"value")]))
        with pytest.raises(FolderLocked):
            await move(folder, url_of(cluster))
        with pytest.raises(StorageError, match="in use"):
            await move(url, str(tmp_path / "other"))
        with pytest.raises(StorageError, match="in use"):
            await PostgresTarget.open(url)
    target = await PostgresTarget.open(new := url_of(cluster))
    with pytest.raises(StorageError, match="another `jedlik migrate`"):
        await PostgresTarget.open(new)
    await target.close()


async def test_a_source_that_is_not_there_is_not_made(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no store"):
        await source_of(str(tmp_path / "none"))
    with pytest.raises(StorageError, match="no store"):
        await source_of(url_of(cluster))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE kv SET val = val || 'x' WHERE ctid = (SELECT min(ctid) FROM kv)",
        "DELETE FROM kv WHERE ctid = (SELECT min(ctid) FROM kv)",
        "UPDATE kv SET ver = ver + 1 WHERE ctid = (SELECT min(ctid) FROM kv)",
        "UPDATE log SET rec = rec || 'x' WHERE ctid = (SELECT min(ctid) FROM log)",
        "UPDATE seqs SET next = next + 1",
        "INSERT INTO kv VALUES (99 << 12, 64 * 99, '', '', '', 1, '')",
        "UPDATE tallies SET rows = rows + 1",
    ],
)
async def test_a_difference_is_found(cluster: Cluster, tmp_path: Path, damage: str) -> None:
    source, target = str(tmp_path / "from"), url_of(cluster)
    async with opened(source) as engine:
        await fill(engine, Random(3), batches=8)
    reading, writing = await SqliteSource.open(Path(source)), await PostgresTarget.open(target)
    compare = Move._compare

    async def damaged(self: Move, found: Mapping[int, moving.Contents]) -> None:
        await writing._connection.execute(damage)
        await compare(self, found)

    try:
        job = Move(reading, writing)
        job._compare = damaged.__get__(job)  # type: ignore[method-assign]
        with pytest.raises(Differs):
            await job.run()
    finally:
        await writing.close()
        await reading.close()
    with pytest.raises(StorageError, match="unfinished"):
        async with opened(target):
            pass


def test_a_place_survives_its_row() -> None:
    contents = moving.Contents(3, 1 << 127, 2, 5)
    for place in (
        Place(7, None, (b"\0" * 16, b"", b"\xff"), contents),
        Place(7, 12, 99, contents),
    ):
        assert Place.decoded(place.encoded()) == place
