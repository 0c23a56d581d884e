"""SQLite's upkeep: checkpoints, sweeps and bounds, none of which may stall or starve."""

from __future__ import annotations

import asyncio
import copy
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import apsw
import pytest

from jedlik.storage import sqlite_checkpoint
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.sqlite_cache import MISSING, RowCache
from jedlik.storage.sqlite_pages import PageCache
from jedlik.storage.waist import (
    ANY,
    Batch,
    Change,
    Delete,
    Entry,
    Page,
    Put,
    Row,
    StorageFull,
    Tally,
)
from tests.contract.faulty_disk import FaultyDisk
from tests.contract.rows import ALL, batch, key, next_version, put
from tests.contract.stepper import Stepper, crash, settle


async def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.01)


async def taken_over(engine: SqliteEngine) -> None:
    """Have SQLite take over all that was published."""

    def done() -> bool:
        if (
            engine._published.frozen is None
            and engine._published.growing.serial
            and engine._in_flight is None
        ):
            engine._takeover.freeze()
        return engine._published.frozen is None and not engine._published.growing.serial

    await until(done, "SQLite has everything")


def count(engine: SqliteEngine, table: str, where: str = "1") -> int:
    sql = f"SELECT count(*) FROM {table} WHERE {where}"
    found: int = engine._published.reader.connection.execute(sql).get
    return found


async def fill(engine: SqliteEngine, rows: int, *, space: int = 1, size: int = 100) -> None:
    for start in range(0, rows, 500):
        puts = [
            Put(key("f", at.to_bytes(4, "big"), space=space), ANY, b"x" * size)
            for at in range(start, min(start + 500, rows))
        ]
        assert await engine.commit(batch(*puts, changes=[Change(space, 0, b"r" * 10)])) is None


async def test_the_log_stays_near_its_limit_under_steady_writes_and_reads(tmp_path: Path) -> None:
    limit = 2 << 20
    engine = SqliteEngine.open(
        tmp_path, wal_limit_bytes=limit, cache_bytes=10_000, table_bytes=30_000
    )
    wal = tmp_path / "store.sqlite-wal"
    largest = 0
    done = False

    async def write(name: str) -> None:
        nonlocal largest
        for at in range(150):
            await put(engine, key(name, at.to_bytes(2, "big")), os.urandom(4000))
            largest = max(largest, wal.stat().st_size)

    async def read() -> None:
        """Snapshots in every tick: they must not keep the log from starting again."""
        while not done:
            await engine.scan(1, os.urandom(16), None, item_limit=3, byte_limit=1 << 20)
            await asyncio.sleep(0)

    reading = asyncio.ensure_future(read())
    await asyncio.gather(*[write(f"w{at}") for at in range(8)])
    done = True
    await reading
    assert 2 * limit < 8 * 150 * 4000
    assert largest < 2 * limit
    await engine.close()


async def test_a_long_log_is_cut_off_after_a_rest_and_writing_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = SqliteEngine.open(tmp_path)
    wal = tmp_path / "store.sqlite-wal"
    assert engine._checkpointer is not None
    for _ in range(2):  # a second time, for the thread sleeps without a limit in between
        monkeypatch.setattr(sqlite_checkpoint, "_REST_S", 3600)
        await fill(engine, 8000, size=1000)
        await taken_over(engine)
        assert wal.stat().st_size > 8 << 20
        monkeypatch.setattr(sqlite_checkpoint, "_REST_S", 0.05)
        engine._checkpointer._wake.set()
        await until(lambda: wal.stat().st_size == 0, "the log was cut off")
        page = await engine.scan(1, b"", None, item_limit=9000, byte_limit=1 << 30)
        assert len(page.entries) == 8000
    await put(engine, key("after"), b"value")
    row = await engine.get_one(key("after"))
    assert row is not None
    assert row.value == b"value"
    await engine.close()


async def test_a_failing_checkpoint_is_said_and_does_not_fail_writes(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path, disk=disk, wal_limit_bytes=1 << 20, table_bytes=1)
    disk.fail = lambda operation, file: (
        apsw.IOError("broken") if (operation, file) == ("write", "store.sqlite") else None
    )
    await fill(engine, 2000, size=2000)
    await until_checkpoints_fail(engine)
    disk.fail = None
    deadline = time.monotonic() + 120
    while "checkpoint_error" in (await engine.health()).details:
        assert time.monotonic() < deadline
        await put(engine, key("p"), os.urandom(2000))
        await asyncio.sleep(0.01)
    assert len((await engine.scan(1, b"", None, **ALL)).entries) == 2001
    await engine.close()


async def until_checkpoints_fail(engine: SqliteEngine) -> None:
    deadline = time.monotonic() + 120
    while "checkpoint_error" not in (await engine.health()).details:
        assert time.monotonic() < deadline
        await put(engine, key("p"), os.urandom(2000))


@pytest.mark.parametrize("operation", ["write back", "sync"])
async def test_what_a_checkpoint_could_not_sync_stays_in_the_log_and_is_copied_again(
    tmp_path: Path, operation: str
) -> None:
    """The system may say once only that the disk has refused something."""
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path / "data", disk=disk, wal_limit_bytes=1 << 20)
    await fill(engine, 1000, size=2000)
    disk.fail = lambda asked, file: (
        apsw.IOError("broken") if (asked, file) == (operation, "store.sqlite") else None
    )
    await taken_over(engine)
    await put(engine, key("p"), b"last")
    await until(lambda: engine._files.keeps_log, "the checkpoint has failed")
    disk.fail = None  # and from now on it says that all is well
    await put(engine, key("q"), b"later")
    await engine.close()
    wal = tmp_path / "data" / "store.sqlite-wal"
    assert wal.stat().st_size > 1 << 20
    assert (tmp_path / "data" / "journal-0").exists()
    after = disk.power_cut(tmp_path / "after", Random(1))
    engine = SqliteEngine.open(after)
    assert len((await engine.scan(1, b"", None, **ALL)).entries) == 1002
    await taken_over(engine)
    assert engine._published.reader.connection.pragma("integrity_check") == "ok"
    await engine.close()


@pytest.mark.parametrize("operation", ["write back", "sync"])
async def test_a_log_that_could_not_be_synced_is_begun_anew(tmp_path: Path, operation: str) -> None:
    """What the system then takes for synced must not stand before what is."""
    disk = FaultyDisk()
    stepper = Stepper.open(tmp_path / "data", disk=disk)
    engine = stepper.engine
    acknowledged: list[bytes] = []

    async def write(name: str) -> None:
        task = asyncio.ensure_future(put(engine, key(name), os.urandom(9000)))
        await stepper.finish()
        await task
        acknowledged.append(key(name)[1])

    await write("a")
    await stepper.take_over()
    lost = disk.images["store.sqlite-wal"]
    await write("b")
    engine._takeover.freeze()
    await stepper.step_until("apply", "store")
    disk.fail = lambda asked, file: (
        apsw.IOError("broken") if (asked, file) == (operation, "store.sqlite-wal") else None
    )
    await stepper.step_until("report", "store")
    disk.fail = None
    lost.since.clear()  # the system does not try again
    engine._takeover._begin()
    for name in "cdef":  # until the journal has forgotten what was lost
        await write(name)
        await stepper.take_over()
    after = disk.power_cut(tmp_path / "after", Random(1))
    await stepper.close()
    engine = SqliteEngine.open(after)
    page = await engine.scan(1, b"", None, **ALL)
    assert sorted(entry.token for entry in page.entries) == sorted(acknowledged)
    assert engine._published.reader.connection.pragma("integrity_check") == "ok"
    await engine.close()


async def test_what_a_process_that_died_left_unsynced_in_the_log_is_synced_by_the_next(
    tmp_path: Path,
) -> None:
    """It counts as taken over: the journal forgets it."""
    disk = FaultyDisk()
    stepper = Stepper.open(tmp_path / "data", disk=disk)
    for name in ("before", "p"):
        await stepper.take_over()
        task = asyncio.ensure_future(put(stepper.engine, key(name), b"v"))
        await stepper.finish()
        await task
    stepper.engine._takeover.freeze()
    await stepper.step_until("apply", "store")
    disk.fail = lambda asked, file: apsw.IOError("dies here") if asked == "sync" else None
    stepper.step("store")
    died = crash(tmp_path / "data", tmp_path / "died")
    images = {name: copy.deepcopy(image) for name, image in disk.images.items()}
    assert images["store.sqlite-wal"].since, "there is something to lose"
    disk.fail = None
    await stepper.take_over()
    await stepper.close()

    disk = FaultyDisk()
    disk.images.update(images)  # what the system has in its memory of the files
    engine = SqliteEngine.open(died, disk=disk)
    assert not engine._published.growing.serial, "it counts as taken over"
    cuts = [disk.power_cut(tmp_path / f"after-{seed}", Random(seed)) for seed in range(9)]
    await engine.close()
    for after in cuts:
        engine = SqliteEngine.open(after)
        row = await engine.get_one(key("p"))
        assert row is not None and row.value == b"v"
        await engine.close()


async def test_only_rows_of_spaces_that_are_read_go_from_a_table_into_the_cache(
    sqlite: SqliteEngine,
) -> None:
    await fill(sqlite, 300)
    await fill(sqlite, 300, space=2)
    table = sqlite._published.growing
    await taken_over(sqlite)
    assert sqlite._cache.sizes()[0] == 0, "what nobody reads is no reason to forget what is read"
    first = key("f", bytes(4))
    assert await sqlite.get_one(first) == sqlite._cache.young[first]
    for space in (1, 2):
        await put(sqlite, key("new", space=space), b"v")
    await taken_over(sqlite)
    assert set(sqlite._cache.young) == {first, key("new")}
    await until(lambda: not (table.rows or table.logs or table.order.chunks()), "it is freed")
    assert len((await sqlite.scan(2, b"", None, **ALL)).entries) == 301


async def test_what_the_cache_knew_of_a_row_is_not_seen_once_it_is_newer(
    sqlite: SqliteEngine,
) -> None:
    absent, there, gone = key("absent"), key("there"), key("gone")
    for known in (False, True):
        if known:
            await put(sqlite, there, b"before")
            version = await put(sqlite, gone, b"before")
            await taken_over(sqlite)
        for at in (absent, there, gone):
            await sqlite.get_one(at)  # now the cache knows, be it that there is none
        await put(sqlite, absent, b"after")
        await put(sqlite, there, b"after")
        if known:
            await sqlite.commit(batch(Delete(gone, version)))
        for _ in range(2):
            found = await sqlite.get([absent, there, gone])
            assert [row and row.value for row in found] == [b"after", b"after", None]
            await taken_over(sqlite)
            assert sqlite.row_at_once(there) == await sqlite.get_one(there) == found[1]
            assert sqlite.peek(absent) == found[0]


async def test_no_snapshot_outlives_its_tick(sqlite: SqliteEngine) -> None:
    await fill(sqlite, 100)
    await taken_over(sqlite)
    sqlite._cache.forget_space(1)
    reader = sqlite._published.reader
    await sqlite.get_one(key("f", bytes(4)))
    assert reader.in_snapshot
    # Cut short by its byte limit: the statement must not stay open either.
    await sqlite.range(1, key("f")[1], None, None, item_limit=90, byte_limit=500)
    await sqlite.scan(1, b"", None, item_limit=3, byte_limit=1 << 20)
    await sqlite.log_read(1, 0, 0, 10, byte_limit=1)
    await settle()
    assert not reader.in_snapshot
    assert reader.connection.txn_state("main") == 0


async def test_a_dropped_space_is_swept_in_steps_while_writes_go_on(sqlite: SqliteEngine) -> None:
    await fill(sqlite, 3000, space=1)
    await fill(sqlite, 50, space=2)
    await sqlite.commit(batch(tallies=[Tally(1, 3000, 1), Tally(2, 50, 1)]))
    await taken_over(sqlite)
    await sqlite.space_drop(1)
    assert count(sqlite, "kv", "space = 1") > 0, "dropping must not wait for the sweep"
    await taken_over(sqlite)
    numbers, deadline = 0, time.monotonic() + 60  # how many puts it takes is the machine's affair
    while sqlite._takeover.sweeps.left:
        await put(sqlite, key("during", space=3), b"v")
        numbers += 1
        assert time.monotonic() < deadline, "the sweep starves"
    assert numbers > 5
    await taken_over(sqlite)
    for table, where in (
        ("kv", "space = 1"), ("streams", "space = 1"), ("tallies", "space = 1"), ("drops", "1"),
    ):  # fmt: skip
        assert count(sqlite, table, where) == 0
    assert count(sqlite, "log") == 1
    assert len((await sqlite.scan(2, b"", None, **ALL)).entries) == 50
    assert len(await sqlite.log_read(2, 0, 0, 10)) == 1


async def test_a_writer_that_is_never_idle_still_sweeps(tmp_path: Path) -> None:
    stepper = Stepper.open(tmp_path / "data")
    engine = stepper.engine
    for write in (engine.commit(batch(Put(key("p"), ANY, b"v"))), engine.space_drop(1)):
        task = asyncio.ensure_future(write)
        await stepper.finish()
        await task
        await stepper.take_over()
    for at in range(20):
        task = asyncio.ensure_future(put(engine, key("busy", bytes([at]), space=2), b"v"))
        await stepper.finish()
        await task
        if engine._published.frozen is None:
            engine._takeover.freeze()  # so that SQLite's writer is never idle
        await asyncio.sleep(0.003)  # the next sweep is due
        assert stepper.store.jobs
        await stepper.step_until("report", "store")
        if not engine._takeover.sweeps.left:
            break
    assert not engine._takeover.sweeps.left
    await stepper.take_over()
    assert count(engine, "kv", "space = 1") == 0
    await stepper.close()


async def test_a_sweep_step_is_small_however_large_the_rows(tmp_path: Path) -> None:
    stepper = Stepper.open(tmp_path / "data")
    engine = stepper.engine
    large = [Put(key("p", bytes([at])), ANY, bytes(400_000)) for at in range(9)]
    for write in (engine.commit(batch(*large)), engine.space_drop(1)):
        task = asyncio.ensure_future(write)
        await stepper.finish()
        await task
        await stepper.take_over()
    left = [count(engine, "kv")]
    while engine._takeover.sweeps.left:
        await asyncio.sleep(0.003)
        while stepper.store.jobs:
            await stepper.step_until("report", "store")
            left.append(count(engine, "kv"))
    steps = [before - after for before, after in itertools.pairwise(left)]
    assert sum(steps) == 9
    assert max(steps) <= 3
    await stepper.close()


async def test_sweeps_go_on_after_a_restart(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path)
    await fill(engine, 2000, space=1)
    await fill(engine, 10, space=2)
    await engine.commit(batch(changes=[Change(3, 1, b"%d" % at) for at in range(900)]))
    await taken_over(engine)
    await engine.space_drop(1)
    await engine.log_trim(3, 1, 850)
    await engine.close()

    engine = SqliteEngine.open(tmp_path)
    assert count(engine, "kv", "space = 1") > 0, "the test closed too late to prove anything"
    assert await engine.get_one(key("f", bytes(4), space=1)) is None
    assert [entry.seq for entry in await engine.log_read(3, 1, 0, 2)] == [851, 852]
    await until(lambda: not engine._takeover.sweeps.left, "the sweeps are done")
    assert count(engine, "kv") == 10
    assert count(engine, "log") == 1 + 50
    assert await engine.log_bounds(3, 1) == (851, 900)
    await engine.close()
    engine = SqliteEngine.open(tmp_path)
    assert engine._takeover.sweeps.left == []
    await engine.close()


async def test_a_trimmed_log_is_swept_and_numbering_survives_a_restart(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path)
    await engine.commit(batch(changes=[Change(1, 0, b"%d" % at) for at in range(500)]))
    await engine.log_trim(1, 0, 500)
    await taken_over(engine)
    await until(lambda: not engine._takeover.sweeps.left, "the sweep is done")
    assert count(engine, "log") == 0
    await engine.close()
    engine = SqliteEngine.open(tmp_path)
    assert await engine.log_bounds(1, 0) == (501, 500)
    await engine.commit(batch(changes=[Change(1, 0, b"next")]))
    assert await engine.log_read(1, 0, 0, 9) == [(501, b"next")]
    await engine.close()


async def test_a_failed_drop_drops_nothing(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path, disk=disk)
    version = await put(engine, key("p"), b"v")
    disk.fail = lambda operation, file: apsw.FullError("full") if operation == "write" else None
    with pytest.raises(StorageFull):
        await engine.space_drop(1)
    disk.fail = None
    assert await engine.get_one(key("p")) == Row(version, b"v")
    await put(engine, key("p"), b"w")
    await engine.space_drop(1)
    assert await engine.get_one(key("p")) is None
    await engine.close()


async def test_commits_share_fsyncs(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path, disk=disk)
    await put(engine, key("p"), b"v")
    before = disk.syncs

    async def write(name: str) -> None:
        for at in range(20):
            await put(engine, key(name, bytes([at])), b"v")

    await asyncio.gather(*[write(f"w{at}") for at in range(50)])
    assert disk.syncs - before <= 60, "1000 commits of 50 writers need little more than 20 groups"
    await engine.close()


async def test_a_scan_of_everything_beside_writes_sees_what_stood_still(
    sqlite: SqliteEngine,
) -> None:
    still = {key(f"s{at}")[1] for at in range(2000)}
    await sqlite.commit(batch(*[Put((1, at, b"", b""), ANY, b"still") for at in still]))
    done = False

    async def write(name: str) -> None:
        number = 0
        while not done:
            number += 1
            await put(sqlite, key(f"{name}-{number % 100}"), b"moves")
            if number % 3 == 0:
                await sqlite.commit(batch(Delete(key(f"{name}-{number % 100}"), ANY)))

    writers = [asyncio.ensure_future(write(f"w{at}")) for at in range(4)]
    for _ in range(5):
        found: list[bytes] = []
        more, after = True, None
        while more:
            page = await sqlite.scan(1, b"", None, after=after, item_limit=50, byte_limit=1 << 20)
            found += [entry.token for entry in page.entries if entry.value == b"still"]
            after, more = page.entries[-1][:3], page.more
            await asyncio.sleep(0)
        assert found == sorted(still)
    done = True
    await asyncio.gather(*writers)


async def test_alone_commits_on_the_loop(tmp_path: Path) -> None:
    disk = FaultyDisk()
    alone = True
    engine = SqliteEngine.open(tmp_path, disk=disk, alone=lambda: alone)
    await put(engine, key("warm"), b"v")
    before = disk.syncs
    committing = engine.commit(batch(Put(key("p"), ANY, b"v"), changes=[Change(1, 0, b"r")]))
    with pytest.raises(StopIteration):
        committing.send(None)  # it did not suspend
    assert disk.syncs == before + 1
    assert (await engine.get_one(key("p"))) is not None
    disk.fail = lambda operation, file: apsw.FullError("full") if operation == "write" else None
    with pytest.raises(StorageFull):
        await engine.commit(batch(Put(key("p"), ANY, b"w")))
    disk.fail = None
    alone = False
    await asyncio.gather(*[put(engine, key("p", bytes([at])), b"v") for at in range(9)])
    assert len((await engine.scan(1, b"", None, **ALL)).entries) == 11
    await engine.close()


@pytest.mark.parametrize("durability", ["full", "relaxed"])
async def test_a_write_on_the_loop_is_seen_by_the_next_read_of_the_same_tick(
    tmp_path: Path, durability: str
) -> None:
    """The tick's snapshot was opened before the write: it must not serve reads behind it."""
    engine = SqliteEngine.open(tmp_path, durability=durability, alone=lambda: True)
    for at in range(3):
        assert len((await engine.scan(1, b"", None, **ALL)).entries) == at
        await put(engine, key("p", bytes([at])), b"v")
        assert len((await engine.scan(1, b"", None, **ALL)).entries) == at + 1
    await engine.close()


async def test_relaxed_answers_before_the_fsync_and_syncs_soon(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path, durability="relaxed")
    await asyncio.gather(*[put(engine, key("p", bytes([at])), b"v") for at in range(99)])
    assert len((await engine.scan(1, b"", None, **ALL)).entries) == 99
    journal = engine._journal
    assert journal.synced_serial < journal.serial
    await until(lambda: journal.synced_serial == journal.serial, "the journal is synced")
    await engine.close()
    engine = SqliteEngine.open(tmp_path)
    assert len((await engine.scan(1, b"", None, **ALL)).entries) == 99
    await engine.close()


def test_the_cache_stays_within_its_bytes_and_keeps_what_is_used() -> None:
    limit = 1 << 20
    cache = RowCache(limit)
    hot = key("hot")
    cache.put(hot, Row(1, b"hot"))
    for at in range(20_000):
        cache.put(key("c", at.to_bytes(4, "big")), Row(at + 1, bytes(at % 700)) if at % 3 else None)
        held = [*cache.young.items(), *cache._old.items(), *cache._dead.items()]
        if at % 500 == 0:
            size = sum(400 + len(k[2]) + (len(row.value) if row else 0) for k, row in held)
            assert size <= limit
        if at % 50 == 0 and cache.young.get(hot, MISSING) is MISSING:
            assert cache.find_old(hot) == Row(1, b"hot")
    for _ in range(10_000):
        cache.put(hot, Row(2, bytes(5000)))  # rewriting one row evicts nothing else
    assert cache.young.get(key("c", (19_999).to_bytes(4, "big")), MISSING) is not MISSING


async def test_rows_evicted_and_read_again_are_right(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path, cache_bytes=20_000)
    versions = {}
    for start in range(0, 600, 50):
        version = next_version()
        keys = [key("e", at.to_bytes(2, "big")) for at in range(start, start + 50)]
        assert await engine.commit(Batch(version, [Put(at, ANY, at[2] * 9) for at in keys])) is None
        versions.update(dict.fromkeys(keys, version))
    for at, version in [*versions.items()] * 2:
        assert await engine.get_one(at) == Row(version, at[2] * 9)
        assert await engine.get_one(key("e", b"none" + at[2])) is None
    rows, size = engine._cache.sizes()
    assert rows < 60
    assert size <= 20_000 * 5 // 8
    await engine.close()


def test_the_page_cache_stays_within_its_bytes_and_forgets_exactly() -> None:
    cache = PageCache(100_000)
    page = Page([Entry(b"t" * 16, b"s", b"", 1, bytes(1000))] * 5, True)
    for at in range(500):
        cache.put((at % 50, bytes([at % 256])), (at % 7,), page)
        assert cache.bytes <= 100_000
    assert 10 < len(cache) < 20
    cache.put((1, b"t"), ("a",), page)
    cache.put((1, b"t"), ("b",), page)
    cache.put((2, b"t"), ("a",), page)
    found = cache.find((1, b"t"), ("a",))
    assert found == page
    found.entries.clear()
    assert cache.find((1, b"t"), ("a",)) == page, "what a caller does to its page is its own"
    cache.forget((1, b"t"))
    assert cache.find((1, b"t"), ("a",)) is cache.find((1, b"t"), ("b",)) is None
    assert cache.find((2, b"t"), ("a",)) == page
    for space in range(50):
        cache.forget_space(space)
    assert (len(cache), cache.bytes) == (0, 0)
    large = Page([Entry(b"t" * 16, b"s", b"", 1, bytes(13_000))], False)
    cache.put((1, b"t"), (), large)
    assert len(cache) == 0


async def test_a_range_asked_again_sees_every_write_in_between(sqlite: SqliteEngine) -> None:
    async def asked() -> list[bytes]:
        page = await sqlite.range(1, key("p")[1], None, None, item_limit=9, byte_limit=999)
        return [entry.value for entry in page.entries]

    for at in range(5):
        await put(sqlite, key("other"), b"v")
        version = await put(sqlite, key("p", bytes([at])), b"v%d" % at)
        for _ in range(2):
            assert await asked() == [b"v%d" % before for before in range(at + 1)]
    await sqlite.commit(batch(Delete(key("p", bytes([4])), version)))
    assert await asked() == [b"v0", b"v1", b"v2", b"v3"]
    await sqlite.space_drop(1)
    assert await asked() == []
