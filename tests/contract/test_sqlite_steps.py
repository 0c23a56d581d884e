"""What SQLite's engine shows, answers and keeps at every step of a commit."""

from __future__ import annotations

import asyncio
import random as randoms
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

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
from tests.contract.rows import ALL, batch, key, put
from tests.contract.stepper import STEPS, Stepper, crash, settle

A, B, C = key("a"), key("b"), key("c")


def commit(engine: SqliteEngine, *writes: Write) -> asyncio.Task[Conflict | None]:
    return asyncio.ensure_future(engine.commit(batch(*writes)))


@pytest.fixture
async def disk() -> FaultyDisk:
    return FaultyDisk()


@pytest.fixture
async def stepper(tmp_path: Path, disk: FaultyDisk) -> AsyncIterator[Stepper]:
    opened = Stepper.open(tmp_path / "data", vfs=disk.name)
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
    for step in ("begin", "apply"):
        assert stepper.step() == step
        await settle()
        assert not task.done()
        assert await values(engine) == [b"old", None, None]
        assert await values(engine, pending=True) == [b"new", b"new", None]
        assert [e.value for e in (await engine.scan(1, b"", None, **ALL)).entries] == [b"old"]
    stepper.step()
    stepper.step()
    await settle()
    assert task.done()
    assert await values(engine) == [b"new", b"new", None]


async def test_a_scan_that_sees_the_group_in_flight_publishes_it_first(stepper: Stepper) -> None:
    """SQLite shows a group as soon as it is durable. Once one read has seen it, all must."""
    engine = stepper.engine
    await stepped_put(stepper, A, b"old")
    assert await values(engine) == [b"old", None, None]
    task = commit(engine, Put(A, ANY, b"new"), Delete(B, ANY))
    await settle()
    await stepper.step_until("commit")
    assert not task.done()
    assert [e.value for e in (await engine.scan(1, b"", None, **ALL)).entries] == [b"new"]
    assert await values(engine) == [b"new", None, None]
    await settle()
    assert task.done(), "it is durable: no reason to let the caller wait"
    await stepper.finish()
    assert await values(engine) == [b"new", None, None]


@pytest.mark.parametrize("reads", ["get", "get_one", "range", "log", "stats", "guard"])
async def test_each_kind_of_read_publishes_what_it_sees(stepper: Stepper, reads: str) -> None:
    engine = stepper.engine
    await stepped_put(stepper, A, b"old")
    written = Batch(10**6, [Put(A, ANY, b"new")], [Change(1, 0, b"r")], [Tally(1, 1, 1)])
    task = asyncio.ensure_future(engine.commit(written))
    await settle()
    await stepper.step_until("commit")
    if reads == "get":
        rows = await engine.get([A, C])  # A from the cache, C from SQLite: of one moment
        assert rows == [Row(10**6, b"new"), None]
    elif reads == "get_one":
        assert await engine.get_one(C) is None
    elif reads == "range":
        assert len((await engine.range(1, A[1], None, None, **ALL)).entries) == 1
    elif reads == "log":
        assert await engine.log_read(1, 0, 0, 9) == [LogEntry(1, b"r")]
    elif reads == "stats":
        assert await engine.stats(1) == Stats(1, 1)
    else:
        await engine.commit(batch(Delete(C, 77)))
    assert await engine.get_one(A) == Row(10**6, b"new")
    await stepper.finish()
    assert await task is None


@pytest.mark.parametrize("act", [Delete(A, ANY), Delete(C, ANY), None])
async def test_a_group_without_puts_is_not_taken_for_written_before_it_is(
    stepper: Stepper, act: Delete | None
) -> None:
    engine = stepper.engine
    await stepped_put(stepper, A, b"old")
    written = batch(*[act] if act else [], changes=[Change(1, 0, b"r")])
    task = asyncio.ensure_future(engine.commit(written))
    await settle()
    await stepper.step_until("apply")
    assert (await engine.scan(1, b"", None, **ALL)).entries != []
    assert await values(engine) == [b"old", None, None]
    await settle()
    assert not task.done()
    await stepper.step_until("commit")
    assert len(await engine.log_read(1, 0, 0, 9)) == 1
    await settle()
    assert task.done()
    assert await values(engine) == [None if act and act.key == A else b"old", None, None]
    await stepper.finish()


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


@pytest.mark.parametrize("failing", ["begin", "apply", "commit"])
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
    if failing == "commit":
        await stepper.step_until("apply")
        disk.fail = lambda operation, file: (
            apsw.FullError("injected") if operation == "write" and file.endswith("-wal") else None
        )
    else:
        if failing == "apply":
            stepper.step()
        _break_next_statement(stepper)
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


def _break_next_statement(stepper: Stepper) -> None:
    """Have the writer's next statement raise what a full disk raises."""
    cursor = stepper._writer._cursor

    class Broken:
        def execute(self, sql: str, bindings: object = ()) -> None:
            stepper._writer._cursor = cursor
            raise apsw.FullError("injected")

    stepper._writer._cursor = Broken()  # type: ignore[assignment]


def fails_once(operation: str, error: Exception) -> object:
    left = [error]

    def fail(done: str, file: str) -> Exception | None:
        return left.pop() if left and done == operation and file.endswith("-wal") else None

    return fail


async def test_a_failed_fsync_is_a_failure_that_stays_one_after_a_crash(
    stepper: Stepper, disk: FaultyDisk, tmp_path: Path
) -> None:
    """The frames are in the log, unsynced: they must not come to life at the next start."""
    await stepped_put(stepper, A, b"old")
    task = commit(stepper.engine, Put(A, ANY, b"new"), Put(B, ANY, b"new"))
    await settle()
    await stepper.step_until("apply")
    disk.fail = fails_once("sync", apsw.exception_for(apsw.SQLITE_IOERR_FSYNC))  # type: ignore[assignment]
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
    await stepper.step_until("apply")
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
    stepper.engine._cache.forget(A)
    reader = stepper.engine._reader
    cursor = reader._cursor

    class Broken:
        def execute(self, sql: str, bindings: object = ()) -> None:
            reader._cursor = cursor
            raise apsw.exception_for(apsw.SQLITE_CORRUPT)

    reader._cursor = Broken()  # type: ignore[assignment]
    with pytest.raises(StorageError, match="damaged"):
        await stepper.engine.get_one(A)
    assert (await stepper.engine.get_one(A)) is not None


@pytest.mark.parametrize("seed", range(12))
async def test_a_crash_between_any_two_steps_keeps_exactly_what_was_committed(
    tmp_path: Path, seed: int
) -> None:
    """Crash by crash over one growing store: acknowledged batches are there whole, refused ones
    are not, and one that was cut off between commit and answer is there whole as well."""
    random = randoms.Random(seed)
    folder = tmp_path / "0"
    stepper = Stepper.open(folder)
    model: dict[tuple[int, bytes, bytes, bytes], bytes] = {}
    records = 0
    for life in range(1, 8):
        for _ in range(random.randrange(4)):
            at, value = random.choice((A, B, C)), random.randbytes(9)
            task = asyncio.ensure_future(
                stepper.engine.commit(batch(Put(at, ANY, value), changes=[Change(1, 0, value)]))
            )
            await stepper.finish()
            assert await task is None
            model[at] = value
            records += 1
        group = [(at, random.randbytes(9)) for at in random.sample((A, B, C), 2)]
        for at, value in group:
            commit_it = batch(Put(at, ANY, value), changes=[Change(1, 0, value)])
            asyncio.ensure_future(stepper.engine.commit(commit_it))  # noqa: RUF006
        await settle()
        last = random.choice(("nothing", *STEPS[:3]))
        if last != "nothing":
            await stepper.step_until(last)
        if last == "commit":
            model.update(group)
            records += len(group)
        after = crash(folder, tmp_path / str(life))
        await stepper.finish()
        await stepper.close()
        folder = after
        stepper = Stepper.open(folder)
        page = await stepper.engine.scan(1, b"", None, **ALL)
        assert {(1, *entry[:3]): entry.value for entry in page.entries} == model
        log = await stepper.engine.log_read(1, 0, 0, 1000)
        assert [entry.seq for entry in log] == list(range(1, records + 1))
    await stepper.close()


@pytest.mark.parametrize("seed", range(12))
async def test_after_a_power_cut_every_acknowledged_batch_is_there_whole(
    tmp_path: Path, seed: int
) -> None:
    """Unsynced writes are lost, kept or torn at random, with a real writer thread and
    checkpoints in the middle."""
    random = randoms.Random(seed)
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path / "data", vfs=disk.name, wal_limit_bytes=200_000)
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
    assert engine._reader.connection.pragma("integrity_check") == "ok"
    await engine.close()


async def test_the_same_over_a_writer_that_never_syncs_loses_writes(tmp_path: Path) -> None:
    """The test above can fail: without fsync, a power cut does take acknowledged writes."""
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path / "data", vfs=disk.name, durability="relaxed")
    await put(engine, A, b"v")
    after = disk.power_cut(tmp_path / "after", randoms.Random(4))
    await engine.close()
    engine = SqliteEngine.open(after)
    assert await engine.get_one(A) is None
    await engine.close()


async def test_the_first_group_after_a_restart_is_not_taken_for_the_last_one_before(
    tmp_path: Path,
) -> None:
    """Neither puts anything, so both are known by their numbers."""
    stepper = Stepper.open(tmp_path / "data")
    await stepped_put(stepper, A, b"v")
    await stepped_put(stepper, B, b"v")
    for at in (A, B):
        gone = commit(stepper.engine, Delete(at, ANY))
        await settle()
        await stepper.step_until("apply")
        await stepper.engine.scan(1, b"", None, **ALL)  # looks whether the group was written
        await settle()
        assert not gone.done()
        await stepper.finish()
        assert await gone is None
        await stepper.close()
        stepper = Stepper.open(tmp_path / "data")
    await stepper.close()


async def test_no_version_of_an_earlier_process_exceeds_the_floor(tmp_path: Path) -> None:
    """Also when the group that raised it failed, and when a later process counts from below."""
    stepper = Stepper.open(tmp_path / "data")
    assert await stepper.engine.version_floor() == 0
    for version in (1 << 50, 5):
        task = asyncio.ensure_future(stepper.engine.commit(Batch(version, [Put(A, ANY, b"v")])))
        await stepper.finish()
        assert await task is None
        after = crash(tmp_path / "data", tmp_path / str(version))
        reopened = SqliteEngine.open(after)
        assert await reopened.version_floor() >= 1 << 50
        await reopened.close()
    _break_next_statement(stepper)
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
