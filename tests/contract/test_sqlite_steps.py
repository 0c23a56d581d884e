"""What SQLite's engine shows, answers and keeps at every step of a commit."""

from __future__ import annotations

import asyncio
import random as randoms
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Change,
    Conflict,
    Delete,
    LogEntry,
    Put,
    Row,
    Stats,
    StorageError,
    StorageFull,
    Tally,
    Unknown,
    Write,
)
from tests.contract.faulty_disk import FaultyDisk
from tests.contract.rows import ALL, batch, key, next_version, put
from tests.contract.stepper import STEPS, Stepper, crash, settle

A, B, C = key("a"), key("b"), key("c")
D = [key("d", b"%d" % at) for at in range(6)]


def commit(engine: SqliteEngine, *writes: Write) -> asyncio.Task[Conflict | None]:
    return asyncio.ensure_future(engine.commit(batch(*writes)))


@pytest.fixture
async def disk() -> FaultyDisk:
    return FaultyDisk()


@pytest.fixture
async def stepper(tmp_path: Path, disk: FaultyDisk) -> AsyncIterator[Stepper]:
    opened = Stepper.open(tmp_path / "data", disk=disk)
    yield opened
    disk.fail = None
    await opened.close()


async def stepped_put(stepper: Stepper, at: tuple[int, bytes, bytes, bytes], value: bytes) -> Row:
    written = batch(Put(at, ANY, value))
    task = asyncio.ensure_future(stepper.engine.commit(written))
    await stepper.finish()
    assert await task is None
    return Row(written.version, value)


async def values(engine: SqliteEngine, *, pending: bool = False) -> list[bytes | None]:
    rows = await engine.get([A, B, C], pending=pending)
    return [None if row is None else row.value for row in rows]


async def test_nothing_is_seen_or_answered_before_the_commit_is_durable(stepper: Stepper) -> None:
    engine = stepper.engine
    await stepped_put(stepper, A, b"old")
    task = commit(engine, Put(A, ANY, b"new"), Put(B, ABSENT, b"new"))
    await settle()
    for step in ("write", "sync"):
        assert stepper.step() == step
        await settle()
        assert not task.done()
        assert await values(engine) == [b"old", None, None]
        assert await values(engine, pending=True) == [b"new", b"new", None]
        assert [e.value for e in (await engine.scan(1, b"", None, **ALL)).entries] == [b"old"]
    stepper.step()
    await settle()
    assert task.done()
    assert await values(engine) == [b"new", b"new", None]


async def everything(engine: SqliteEngine) -> list[Any]:
    """What every kind of read tells."""
    place: Any = {"item_limit": 2, "byte_limit": 1 << 20}
    return [
        await engine.get([A, B, C]),
        [await engine.get_one(at) for at in (A, B, C)],
        await engine.range(1, A[1], None, None, **ALL),
        await engine.range(1, D[0][1], b"2", None, reverse=True, **place),
        await engine.range(1, D[0][1], None, b"4", after=(b"1", b""), **place),
        await engine.scan(1, b"", None, **ALL),
        await engine.scan(1, b"", None, after=min(A, B, C)[1:], **place),
        await engine.log_read(1, 0, 0, 9),
        await engine.log_read(1, 0, 2, 2),
        await engine.log_bounds(1, 0),
        await engine.stats(1),
        await engine.version_floor(),
    ]


@pytest.mark.parametrize("cached", [True, False])
async def test_readers_do_not_notice_when_sqlite_takes_over(stepper: Stepper, cached: bool) -> None:
    """The same answers at every step, with rows in SQLite, on their way there, and in the table
    that grows meanwhile; deleted, replaced and new ones."""
    engine = stepper.engine
    model = MemoryEngine()

    async def both(written: Batch) -> None:
        task = asyncio.ensure_future(engine.commit(written))
        await stepper.finish()
        assert await task is None
        assert await model.commit(written) is None

    for number in range(3):
        version = next_version()
        some = [Put(at, ANY, b"%d" % number) for at in (A, B, C)]
        some += [Put(at, ANY, b"%d" % number) for at in D[number::2]]
        await both(Batch(version, some[number:], [Change(1, 0, b"%d" % number)], [Tally(1, 2, 3)]))
        gone = Delete(D[number], ANY)
        await both(batch(gone, Delete((A, C, B)[number], ANY), changes=[Change(1, 0, b"gone")]))
        if number == 0:
            await stepper.take_over()
        elif number == 1:
            engine._takeover.freeze()
    expected = await everything(model)  # type: ignore[arg-type]
    expected[-1] = await engine.version_floor()
    steps = []
    while stepper.store.jobs:
        for _ in range(2):
            if not cached:
                engine._published.pages.forget_space(1)
                engine._cache.forget_space(1)
            assert await everything(engine) == expected, f"after {steps}"
        steps.append(stepper.step("store"))
        assert await everything(engine) == expected, f"after {steps}"
        await settle()
    assert steps == list(STEPS["store"])
    await stepper.take_over()
    assert await everything(engine) == expected


async def test_a_snapshot_from_before_is_not_read_without_the_table(stepper: Stepper) -> None:
    """All in one tick of the loop: SQLite commits, and the table that it took over goes."""
    engine = stepper.engine
    await stepped_put(stepper, A, b"v")
    engine._takeover.freeze()
    for step in ("begin", "apply"):
        assert stepper.step("store") == step
    assert await engine.get_one(C) is None
    assert engine._published.reader.in_snapshot
    stepper.step("store")
    engine._takeover.job = None
    engine._takeover._taken_over(engine._published.frozen)  # type: ignore[arg-type]
    assert engine._published.frozen is None
    engine._cache.forget(A)
    assert await engine.get_one(A) is not None
    stepper.store.jobs.clear()
    stepper.store.next_step = "begin"


async def test_batches_that_come_during_a_commit_share_the_next_one(
    stepper: Stepper, disk: FaultyDisk
) -> None:
    engine = stepper.engine
    await stepped_put(stepper, key("other"), b"the first write also syncs the log's header")
    first = commit(engine, Put(A, ANY, b"1"))
    await settle()
    stepper.step()
    row = await engine.get_one(A, pending=True)
    assert row is not None
    others = [commit(engine, Put(A, row.version, b"2"), Put(B, ANY, b"b"))]
    await settle()
    row = await engine.get_one(A, pending=True)
    assert row is not None
    others += [commit(engine, Put(A, row.version, b"3")), commit(engine, Put(C, ABSENT, b"c"))]
    others.append(commit(engine))  # a barrier
    await settle()
    syncs = disk.syncs
    await stepper.step_until("report")
    assert first.done()
    assert not any(task.done() for task in others)
    assert await values(engine) == [b"1", None, None]
    await stepper.finish()
    assert [await task for task in others] == [None] * 4
    assert await values(engine) == [b"3", b"b", b"c"]
    assert disk.syncs == syncs + 2, "one fsync per group"


async def test_a_conflict_is_found_against_pending_rows(stepper: Stepper) -> None:
    engine = stepper.engine
    first = commit(engine, Put(A, ABSENT, b"1"))
    await settle()
    stepper.step()
    conflict = await engine.commit(batch(Put(A, ABSENT, b"2")))
    assert conflict == Conflict(0, await engine.get_one(A, pending=True))
    assert await engine.get_one(A) is None
    await stepper.finish()
    assert await first is None


async def test_a_barrier_waits_for_the_group_in_flight_and_costs_no_fsync(
    stepper: Stepper, disk: FaultyDisk
) -> None:
    engine = stepper.engine
    await stepped_put(stepper, key("other"), b"the first write also syncs the log's header")
    first = commit(engine, Put(A, ABSENT, b"1"))
    await settle()
    stepper.step()
    barrier = commit(engine)
    await settle()
    assert not barrier.done()
    syncs = disk.syncs
    await stepper.finish()
    assert (await first, await barrier) == (None, None)
    assert disk.syncs == syncs + 1
    assert await engine.commit(batch()) is None
    assert disk.syncs == syncs + 1


@pytest.mark.parametrize("failing", ["write", "sync"])
async def test_a_failing_group_fails_all_that_saw_it_and_the_next_write_succeeds(
    stepper: Stepper, disk: FaultyDisk, failing: str
) -> None:
    engine = stepper.engine
    old = await stepped_put(stepper, A, b"old")
    doomed = asyncio.ensure_future(
        engine.commit(
            batch(Put(A, ANY, b"new"), changes=[Change(1, 0, b"lost")], tallies=[Tally(1, 1, 1)])
        )
    )
    await settle()
    seen = await engine.get_one(A, pending=True)
    assert seen is not None
    disk.fail = fails_once(failing, apsw.FullError("injected"))
    behind = [commit(engine, Put(A, seen.version, b"newer")), commit(engine, Put(C, ANY, b"c"))]
    behind.append(commit(engine))
    await stepper.finish()
    for task in [doomed, *behind]:
        with pytest.raises(StorageFull):
            await task
    health = await engine.health()
    assert (health.writable, health.error is None) == (False, False)
    assert await values(engine) == await values(engine, pending=True) == [b"old", None, None]
    assert await engine.log_read(1, 0, 0, 9) == []

    disk.fail = None
    assert await engine.get_one(A) == old
    again = asyncio.ensure_future(
        engine.commit(batch(Put(A, old.version, b"new"), changes=[Change(1, 0, b"kept")]))
    )
    await stepper.finish()
    assert await again is None
    assert await values(engine) == [b"new", None, None]
    assert await engine.log_read(1, 0, 0, 9) == [LogEntry(1, b"kept")]
    assert await engine.stats(1) == Stats(0, 0)
    assert (await engine.health()).writable


def fails_once(operation: str, error: Exception) -> Any:
    left = [error]

    def fail(done: str, file: str) -> Exception | None:
        return left.pop() if left and done == operation and file.startswith("journal") else None

    return fail


async def test_a_failed_fsync_is_a_failure_that_stays_one_after_a_crash(
    stepper: Stepper, disk: FaultyDisk, tmp_path: Path
) -> None:
    """The record is in the journal, unsynced: it must not come to life at the next start."""
    await stepped_put(stepper, A, b"old")
    task = commit(stepper.engine, Put(A, ANY, b"new"), Put(B, ANY, b"new"))
    await settle()
    await stepper.step_until("write")
    disk.fail = fails_once("sync", apsw.exception_for(apsw.SQLITE_IOERR_FSYNC))
    await stepper.finish()
    with pytest.raises(StorageError) as caught:
        await task
    assert not isinstance(caught.value, Unknown)
    assert await values(stepper.engine) == [b"old", None, None]
    reopened = SqliteEngine.open(crash(tmp_path / "data", tmp_path / "crashed"))
    assert await values(reopened) == [b"old", None, None]
    await reopened.close()


async def test_a_failed_fsync_on_a_dead_disk_is_unknown_and_those_behind_are_refused(
    stepper: Stepper, disk: FaultyDisk
) -> None:
    await stepped_put(stepper, A, b"old")
    task = commit(stepper.engine, Put(A, ANY, b"new"))
    await settle()
    await stepper.step_until("write")
    behind = commit(stepper.engine, Put(B, ANY, b"new"))
    await settle()
    disk.fail = lambda operation, file: (
        apsw.exception_for(apsw.SQLITE_IOERR_FSYNC) if operation == "sync" else None
    )
    await stepper.finish()
    with pytest.raises(Unknown):
        await task
    with pytest.raises(StorageError) as caught:
        await behind
    assert not isinstance(caught.value, Unknown)
    disk.fail = None
    assert await values(stepper.engine) == [b"old", None, None]
    await stepped_put(stepper, B, b"later")
    assert await values(stepper.engine) == [b"old", b"later", None]


async def test_reads_fail_clearly_and_recover(stepper: Stepper, disk: FaultyDisk) -> None:
    await stepped_put(stepper, A, b"v")
    await stepper.take_over()
    stepper.engine._cache.forget(A)
    reader = stepper.engine._published.reader
    cursor = reader._cursor

    class Broken:
        def execute(self, sql: str, bindings: object = ()) -> None:
            reader._cursor = cursor
            raise apsw.exception_for(apsw.SQLITE_CORRUPT)

    reader._cursor = Broken()  # type: ignore[assignment]
    with pytest.raises(StorageError, match="damaged"):
        await stepper.engine.get_one(A)
    assert (await stepper.engine.get_one(A)) is not None


@pytest.mark.parametrize("power", [True, False])
@pytest.mark.parametrize("seed", range(12))
async def test_a_crash_between_any_two_steps_keeps_exactly_what_was_committed(
    tmp_path: Path, seed: int, power: bool
) -> None:
    """Crash by crash over one growing store: acknowledged batches are there whole, refused ones
    are not, and one that was cut off is there whole or not at all: whole, if it was synced, or
    written and only the process died."""
    random = randoms.Random(seed)
    folder = tmp_path / "0"
    disk = FaultyDisk()
    stepper = Stepper.open(folder, disk=disk, table_bytes=3000)
    model: dict[tuple[int, bytes, bytes, bytes], bytes] = {}
    records: list[bytes] = []
    for life in range(1, 8):
        for _ in range(random.randrange(6)):
            at, value = random.choice((A, B, C, *D)), random.randbytes(9)
            task = asyncio.ensure_future(
                stepper.engine.commit(batch(Put(at, ANY, value), changes=[Change(1, 0, value)]))
            )
            await stepper.finish()
            assert await task is None
            model[at] = value
            records.append(value)
            for _ in range(random.randrange(4)):
                if stepper.store.jobs:
                    stepper.step("store")
                    await settle()
        engine = stepper.engine
        if (
            random.random() < 0.3
            and engine._published.frozen is None
            and engine._published.growing.serial
        ):
            engine._takeover.freeze()
        group = [(at, random.randbytes(9)) for at in random.sample((A, B, C), 2)]
        for at, value in group:
            commit_it = batch(Put(at, ANY, value), changes=[Change(1, 0, value)])
            asyncio.ensure_future(stepper.engine.commit(commit_it))  # noqa: RUF006
        await settle()
        for _ in range(random.randrange(5)):
            if stepper.store.jobs:
                stepper.step("store")
        last = random.choice(("nothing", *STEPS["journal"][:2]))
        if last != "nothing":
            await stepper.step_until(last)
        if power:
            after = disk.power_cut(tmp_path / str(life), random)
        else:
            after = crash(folder, tmp_path / str(life))
        await stepper.close()
        folder, disk = after, FaultyDisk()
        stepper = Stepper.open(folder, disk=disk, table_bytes=3000)
        log = [entry.record for entry in await stepper.engine.log_read(1, 0, 0, 1000)]
        if last == "sync" or (last == "write" and not power) or len(log) > len(records):
            assert last != "nothing"
            model.update(group)
            records += [value for _, value in group]
        assert log == records
        page = await stepper.engine.scan(1, b"", None, **ALL)
        assert {(1, *entry[:3]): entry.value for entry in page.entries} == model
    await stepper.close()


@pytest.mark.parametrize("seed", range(12))
async def test_after_a_power_cut_every_acknowledged_batch_is_there_whole(
    tmp_path: Path, seed: int
) -> None:
    """Unsynced writes are lost, kept or torn at random, with a real writer thread and
    checkpoints in the middle."""
    random = randoms.Random(seed)
    disk = FaultyDisk()
    engine = SqliteEngine.open(
        tmp_path / "data",
        disk=disk,
        wal_limit_bytes=200_000,
        table_bytes=random.choice((1, 90_000)),
    )
    acknowledged: dict[bytes, int] = {}
    sent: dict[bytes, int] = {}

    async def write(name: bytes) -> None:
        for number in range(random.randrange(40)):
            sent[name] = number
            pair = [Put(key("p", name, half), ANY, b"%d" % number) for half in (b"l", b"r")]
            filler = Put(key("f", random.randbytes(2)), ANY, random.randbytes(3000))
            assert await engine.commit(batch(*pair, filler)) is None
            acknowledged[name] = number

    writers = [asyncio.ensure_future(write(b"%d" % at)) for at in range(8)]
    await asyncio.wait(writers, timeout=random.random() * 0.2)
    promised = dict(acknowledged)
    after = disk.power_cut(tmp_path / "after", random)
    await asyncio.gather(*writers)
    await engine.close()

    engine = SqliteEngine.open(after)
    for name in sent:
        left, right = await engine.get([key("p", name, half) for half in (b"l", b"r")])
        assert left == right
        number = -1 if left is None else int(left.value)
        assert number >= promised.get(name, -1)
    assert engine._published.reader.connection.pragma("integrity_check") == "ok"
    await engine.close()


async def test_the_same_over_a_writer_that_never_syncs_loses_writes(tmp_path: Path) -> None:
    """The test above can fail: without fsync, a power cut does take acknowledged writes."""
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path / "data", disk=disk, durability="relaxed")
    await put(engine, A, b"v")
    after = disk.power_cut(tmp_path / "after", randoms.Random(4))
    await engine.close()
    engine = SqliteEngine.open(after)
    assert await engine.get_one(A) is None
    await engine.close()


async def test_no_version_of_an_earlier_process_exceeds_the_floor(tmp_path: Path) -> None:
    """Also when the group that raised it failed, and when a later process counts from below."""
    disk = FaultyDisk()
    stepper = Stepper.open(tmp_path / "data", disk=disk)
    assert await stepper.engine.version_floor() == 0
    for version in (1 << 50, 5):
        task = asyncio.ensure_future(stepper.engine.commit(Batch(version, [Put(A, ANY, b"v")])))
        await stepper.finish()
        assert await task is None
        after = crash(tmp_path / "data", tmp_path / str(version))
        reopened = SqliteEngine.open(after)
        assert await reopened.version_floor() >= 1 << 50
        await reopened.close()
    disk.fail = fails_once("write", apsw.FullError("injected"))
    doomed = asyncio.ensure_future(stepper.engine.commit(Batch(1 << 61, [Put(A, ANY, b"v")])))
    await stepper.finish()
    with pytest.raises(StorageFull):
        await doomed
    kept = asyncio.ensure_future(stepper.engine.commit(Batch((1 << 61) + 1, [Put(A, ANY, b"v")])))
    await stepper.finish()
    assert await kept is None
    assert await stepper.engine.version_floor() > 1 << 61
    await stepper.close()


async def test_the_version_of_a_delete_counts_for_the_floor(tmp_path: Path) -> None:
    """Its change record carries that version, so a later process must not use it again."""
    stepper = Stepper.open(tmp_path / "data")
    gone = asyncio.ensure_future(stepper.engine.commit(Batch(1 << 50, [Delete(A, ANY)])))
    await stepper.finish()
    assert await gone is None
    assert await stepper.engine.version_floor() >= 1 << 50
    await stepper.close()
