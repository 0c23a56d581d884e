"""The journal: what it brings back after a crash, what it refuses, and that it stays bounded."""

from __future__ import annotations

import asyncio
import random as randoms
from pathlib import Path
from typing import Any

import apsw
import pytest

from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.sqlite_encoding import encode
from jedlik.storage.sqlite_group import Group
from jedlik.storage.sqlite_record import HEAD_BYTES, decode, is_sound, read_head
from jedlik.storage.waist import (
    ANY,
    Batch,
    Change,
    Delete,
    Put,
    Row,
    Stats,
    StorageCorrupt,
    StorageFull,
    Tally,
    Unknown,
)
from tests.contract.faulty_disk import FaultyDisk
from tests.contract.rows import ALL, batch, key, put
from tests.contract.stepper import Stepper, crash, settle

A, B = key("a"), key("b")


async def stepped(stepper: Stepper, written: Batch) -> None:
    task = asyncio.ensure_future(stepper.engine.commit(written))
    await stepper.finish()
    assert await task is None


async def five(folder: Path, **settings: Any) -> tuple[Path, list[int]]:
    """A store whose process died with five records in the journal; and where each ends."""
    stepper = Stepper.open(folder, **settings)
    ends = []
    for at in range(5):
        some = [Put(key("p", bytes([at])), ANY, bytes([at]) * 300), Put(A, ANY, b"%d" % at)]
        await stepped(stepper, batch(*some, changes=[Change(1, 0, b"%d" % at)]))
        ends.append(stepper.engine._journal.used)
    after = crash(folder, folder.with_name("crashed"))
    await stepper.close()
    return after, ends


async def survivors(folder: Path) -> int:
    """How many of the five are there; that each is there whole, and none without those before."""
    engine = SqliteEngine.open(folder)
    records = [entry.record for entry in await engine.log_read(1, 0, 0, 9)]
    page = await engine.range(1, key("p")[1], None, None, **ALL)
    count = len(records)
    assert records == [b"%d" % at for at in range(count)]
    assert [entry.value for entry in page.entries] == [bytes([at]) * 300 for at in range(count)]
    row = await engine.get_one(A)
    assert (row is None) == (count == 0)
    assert row is None or row.value == b"%d" % (count - 1)
    await engine.close()
    return count


def test_a_record_says_all_of_a_group_and_is_sound_only_whole() -> None:
    group = Group()
    group.version = 1 << 62
    group.rows = {
        A: Row(1, b""),
        B: None,
        key("c", b"sort", b"sub", space=1 << 40): Row(9, b"v" * 70_000),
    }
    group.changes = [Change(3, 1, b"r"), Change(3, 0, b"")]
    group.add_tally(5, -3, -10)
    group.add_tally(5, 1, 1)
    group.trims, group.drops = [(3, 1, 99)], [7, 8]
    record = encode(group, secret=5, serial=12, previous=77, synced=11)
    head, payload = read_head(record), record[HEAD_BYTES:]
    assert head is not None
    assert (head.serial, head.previous, head.synced, head.version) == (12, 77, 11, 1 << 62)
    assert is_sound(head, payload, 5)
    again = decode(head, payload)
    for name in ("rows", "changes", "tallies", "trims", "drops", "version"):
        assert getattr(again, name) == getattr(group, name)
    assert not is_sound(head, payload, 6), "of another store"
    assert not is_sound(head, payload[:-1], 5)
    for at in [*range(HEAD_BYTES), HEAD_BYTES, HEAD_BYTES + 40, len(record) - 1]:
        spoilt = bytearray(record)
        spoilt[at] ^= 1
        other = read_head(bytes(spoilt))
        assert other is None or not is_sound(other, bytes(spoilt[HEAD_BYTES:]), 5), at


async def test_a_torn_tail_was_never_answered_and_is_cut_off(tmp_path: Path) -> None:
    crashed, ends = await five(tmp_path / "data")
    whole = (crashed / "journal-0").read_bytes()
    store = (crashed / "store.sqlite").read_bytes()
    wal = (crashed / "store.sqlite-wal").read_bytes()
    begin = ends[3]
    cuts = [begin, begin + 1, begin + HEAD_BYTES - 1, begin + HEAD_BYTES, begin + 100, ends[4] - 1]
    for number, cut in enumerate(cuts):
        for tail in (b"", bytes(5000), b"\xff" * 5000, whole[:5000]):
            folder = tmp_path / f"{number}-{len(tail)}-{tail[:1].hex()}"
            folder.mkdir()
            (folder / "store.sqlite").write_bytes(store)
            (folder / "store.sqlite-wal").write_bytes(wal)
            (folder / "journal-0").write_bytes(whole[:cut] + tail)
            assert await survivors(folder) == 4
            assert await survivors(folder) == 4, "and again, for SQLite has it now"
    assert await survivors(crashed) == 5


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("where", ["magic", "length", "serial", "check", "payload", "zeros"])
async def test_damage_before_the_tail_is_refused(tmp_path: Path, number: int, where: str) -> None:
    crashed, ends = await five(tmp_path / "data")
    path = crashed / "journal-0"
    content = bytearray(path.read_bytes())
    begin = ends[number - 1] if number else 0
    if where == "zeros":
        content[begin : ends[number]] = bytes(ends[number] - begin)
    else:
        places = {"magic": 0, "length": 5, "serial": 8, "check": 37, "payload": HEAD_BYTES + 50}
        content[begin + places[where]] ^= 0x55
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(StorageCorrupt, match=f"journal.* record {number + 1} "):
            SqliteEngine.open(crashed)
    assert path.read_bytes() == content, "a refusal leaves everything as it was"


async def test_a_journal_that_lacks_a_file_is_refused(tmp_path: Path) -> None:
    stepper = Stepper.open(tmp_path / "data")
    await stepped(stepper, batch(Put(A, ANY, b"1")))
    stepper.engine._takeover.freeze()
    await stepped(stepper, batch(Put(A, ANY, b"2")))
    await stepped(stepper, batch(Put(A, ANY, b"3")))
    crashed = crash(tmp_path / "data", tmp_path / "crashed")
    await stepper.close()
    first = (crashed / "journal-0").read_bytes()
    (crashed / "journal-0").unlink()
    with pytest.raises(StorageCorrupt, match="record 1 .*missing"):
        SqliteEngine.open(crashed)
    (crashed / "journal-0").write_bytes(first)
    engine = SqliteEngine.open(crashed)
    assert (await engine.get_one(A)).value == b"3"  # type: ignore[union-attr]
    await engine.close()


async def test_what_earlier_rounds_left_in_a_file_is_not_taken_for_new(tmp_path: Path) -> None:
    """Records of equal size, so that an old one begins exactly where a new one ends."""
    stepper = Stepper.open(tmp_path / "data")
    for round_ in range(4):
        for at in range(4 - round_):
            await stepped(stepper, batch(Put(A, ANY, b"%d-%d" % (round_, at))))
            await stepped(stepper, batch(changes=[Change(1, 0, b"%d" % at)]))
            crashed = crash(tmp_path / "data", tmp_path / f"{round_}-{at}")
            again = SqliteEngine.open(crashed)
            row = await again.get_one(A)
            assert row is not None
            assert row.value == b"%d-%d" % (round_, at)
            assert await again.log_bounds(1, 0) == await stepper.engine.log_bounds(1, 0)
            await again.close()
        await stepper.take_over()
    await stepper.close()


async def test_a_crash_of_the_recovery_harms_nothing(tmp_path: Path) -> None:
    """Again and again, at every step, with writes in between."""
    stepper = Stepper.open(tmp_path / "0")
    tally = 0
    for life in range(1, 12):
        for _ in range(2):
            tally += 1
            record = Change(1, 0, b"%d" % tally)
            written = batch(Put(A, ANY, b"%d" % tally), changes=[record], tallies=[Tally(1, 1, 2)])
            await stepped(stepper, written)
        for _ in range(life % 5):
            if stepper.store.jobs:
                stepper.step("store")
                await settle()
        folder = crash(tmp_path / str(life - 1), tmp_path / str(life))
        await stepper.close()
        stepper = Stepper.open(folder)
        engine = stepper.engine
        assert (await engine.get_one(A)).value == b"%d" % tally  # type: ignore[union-attr]
        assert await engine.stats(1) == Stats(tally, 2 * tally)
        log = await engine.log_read(1, 0, 0, 100)
        assert [entry.record for entry in log] == [b"%d" % at for at in range(1, tally + 1)]
    await stepper.close()


async def test_what_only_memory_knew_is_made_durable_before_it_is_shown(tmp_path: Path) -> None:
    """A process dies between write and fsync; the next one shows the record; the power goes."""
    disk = FaultyDisk()
    stepper = Stepper.open(tmp_path / "data", disk=disk)
    task = asyncio.ensure_future(stepper.engine.commit(batch(Put(A, ANY, b"v"))))
    await settle()
    assert stepper.step() == "write"
    folder = crash(tmp_path / "data", tmp_path / "crashed")
    later = FaultyDisk()
    later.images = disk.images
    disk.images = dict(disk.images)
    assert later.images["journal-0"].since
    again = Stepper.open(folder, disk=later)
    assert await again.engine.get_one(A) is not None
    assert not later.images["journal-0"].since
    await stepper.finish()
    await task
    await stepper.close()
    await again.close()


async def test_a_journal_of_another_store_is_not_taken(tmp_path: Path) -> None:
    crashed, _ = await five(tmp_path / "data")
    await SqliteEngine.open(tmp_path / "other").close()
    (tmp_path / "other" / "journal-0").write_bytes((crashed / "journal-0").read_bytes())
    assert await survivors(tmp_path / "other") == 0


async def test_a_value_that_looks_like_a_record_is_a_value(tmp_path: Path) -> None:
    group = Group()
    group.rows = {B: Row(1, b"forged")}
    forged = encode(group, secret=0, serial=3, previous=0, synced=2)
    stepper = Stepper.open(tmp_path / "data")
    await stepped(stepper, batch(Put(A, ANY, forged)))
    crashed = crash(tmp_path / "data", tmp_path / "crashed")
    await stepper.close()
    content = (crashed / "journal-0").read_bytes()
    (crashed / "journal-0").write_bytes(content[: content.index(forged) + len(forged)][:-1])
    engine = SqliteEngine.open(crashed)
    assert await engine.get_one(B) is None
    await engine.close()


async def test_a_store_without_a_journal_gets_one(tmp_path: Path) -> None:
    """Format 1: what an earlier Jedlik has left."""
    engine = SqliteEngine.open(tmp_path)
    version = await put(engine, A, b"v")
    await engine.close()
    older = apsw.Connection(str(tmp_path / "store.sqlite"))
    older.execute("DELETE FROM marker WHERE id > 1; INSERT INTO marker VALUES (0, 5, 0)")
    older.execute("PRAGMA user_version = 1")
    older.close()
    engine = SqliteEngine.open(tmp_path)
    assert await engine.get_one(A) == Row(version, b"v")
    await put(engine, A, b"w")
    assert engine._published.reader.connection.pragma("user_version") == 2
    await engine.close()
    engine = SqliteEngine.open(tmp_path)
    assert (await engine.get_one(A)).value == b"w"  # type: ignore[union-attr]
    await engine.close()


async def test_a_full_disk_under_sqlite_holds_writes_back_only_at_the_hard_limit(
    tmp_path: Path,
) -> None:
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path, disk=disk, table_bytes=20_000)
    disk.fail = lambda operation, file: (
        apsw.FullError("injected") if operation == "write" and "sqlite" in file else None
    )
    written = 0
    with pytest.raises(StorageFull):
        while True:
            await put(engine, key("p", written.to_bytes(2, "big")), bytes(1000))
            written += 1
            assert written < 1000, "the table grows without bounds"
    assert written > 20
    assert sum(table.bytes for table in engine._published.tables) < 90_000
    assert not (await engine.health()).writable
    assert len((await engine.scan(1, b"", None, **ALL)).entries) == written
    disk.fail = None
    await put(engine, key("p", b"resumed"), b"v")
    assert (await engine.health()).writable
    await engine.close()
    engine = SqliteEngine.open(tmp_path)
    assert len((await engine.scan(1, b"", None, **ALL)).entries) == written + 1
    await engine.close()


async def test_closing_on_a_full_disk_leaves_it_to_the_journal(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path, disk=disk)
    version = await put(engine, A, b"v")
    disk.fail = lambda operation, file: (
        apsw.FullError("injected") if operation == "write" and "sqlite" in file else None
    )
    await engine.close()
    assert (tmp_path / "journal-0").exists()
    disk.fail = None
    engine = SqliteEngine.open(tmp_path)
    assert await engine.get_one(A) == Row(version, b"v")
    await engine.close()
    assert not (tmp_path / "journal-0").exists()


async def test_a_steady_load_keeps_journal_and_tables_bounded(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path, table_bytes=100_000, journal_bytes=200_000)
    largest = [0, 0]
    kept: dict[bytes, bytes] = {}

    async def write(name: bytes) -> None:
        for at in range(150):
            # Half of it again and again, which only the journal's length can end.
            sort = b"hot" if name < b"4" else b"%d" % at
            value = name + b"%d" % at * 300
            await put(engine, key("p", name + sort), value)
            kept[name + sort] = value
            largest[0] = max(largest[0], engine._journal.used)
            largest[1] = max(largest[1], sum(table.bytes for table in engine._published.tables))

    await asyncio.gather(*[write(b"%d" % at) for at in range(8)])
    assert largest[0] < 450_000
    assert largest[1] < 450_000
    page = await engine.range(1, key("p")[1], None, None, **ALL)
    assert {entry.sort: entry.value for entry in page.entries} == kept
    await engine.close()


async def test_a_record_in_doubt_cannot_come_back_once_sqlite_is_ahead_of_it(
    tmp_path: Path,
) -> None:
    """The disk fails for a record, nobody can say whether it is there, and then all that is
    known is taken over: from then on it is certainly not there, whatever a crash brings back."""
    disk = FaultyDisk()
    stepper = Stepper.open(tmp_path / "data", disk=disk)
    await stepped(stepper, batch(Put(A, ANY, b"1")))
    doubtful = asyncio.ensure_future(stepper.engine.commit(batch(Put(A, ANY, b"2"))))
    await settle()
    disk.fail = lambda operation, file: (
        apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        if file.startswith("journal") and operation == "sync"
        else None
    )
    assert stepper.step() == "write"
    real = disk.write_durably
    disk.write_durably = _refused  # type: ignore[method-assign]
    await stepper.finish()
    with pytest.raises(Unknown):
        await doubtful
    disk.write_durably = real  # type: ignore[method-assign]
    before = crash(tmp_path / "data", tmp_path / "before")
    engine = SqliteEngine.open(before)
    assert (await engine.get_one(A)).value == b"2"  # type: ignore[union-attr]
    await engine.close()
    disk.fail = None
    await stepper.take_over()
    after = crash(tmp_path / "data", tmp_path / "after")
    engine = SqliteEngine.open(after)
    assert (await engine.get_one(A)).value == b"1"  # type: ignore[union-attr]
    await engine.close()
    await stepped(stepper, batch(Put(A, ANY, b"3"), Delete(B, ANY)))
    last = crash(tmp_path / "data", tmp_path / "last")
    engine = SqliteEngine.open(last)
    assert (await engine.get_one(A)).value == b"3"  # type: ignore[union-attr]
    await engine.close()
    await stepper.close()


@pytest.mark.parametrize("seed", range(12))
async def test_relaxed_a_power_cut_leaves_a_beginning_of_what_was_done(
    tmp_path: Path, seed: int
) -> None:
    """Unsynced records are lost or torn in any order: the store begins before the first such, and
    is never refused; and what was synced is there. Power goes again and again."""
    random = randoms.Random(seed)
    folder, done = tmp_path / "0", 0
    for life in range(1, 7):
        disk = FaultyDisk()
        stepper = Stepper.open(
            folder, disk=disk, durability="relaxed", table_bytes=random.choice((3000, 1 << 20))
        )
        engine = stepper.engine
        records = [entry.record for entry in await engine.log_read(1, 0, 0, 999)]
        assert records == [b"%d" % at for at in range(len(records))]
        assert len(records) >= done
        row = await engine.get_one(A)
        assert (row is None and not records) or (row is not None and row.value == records[-1])
        done = len(records)
        for _ in range(random.randrange(9)):
            value = b"%d" % done
            filler = Put(key("f", value), ANY, bytes(random.randrange(900)))
            written = batch(Put(A, ANY, value), filler, changes=[Change(1, 0, value)])
            await stepped(stepper, written)
            done += 1
            for _ in range(random.randrange(4)):
                if stepper.store.jobs:
                    stepper.step("store")
                    await settle()
            if random.random() < 0.2:
                engine._journal.sync()
        promised = engine._journal.synced_serial
        done -= engine._journal.serial - promised
        folder = disk.power_cut(tmp_path / str(life), random)
        await stepper.close()


async def test_a_backup_of_a_running_store_is_whole_and_not_old(tmp_path: Path) -> None:
    """As docs/running.md has it: the journal first, then SQLite's own copy."""
    engine = SqliteEngine.open(tmp_path / "data", table_bytes=20_000)
    done = 0

    async def write(count: int) -> None:
        nonlocal done
        for _ in range(count):
            value = b"%d" % done
            some = [Put(A, ANY, value), Put(key("p", value), ANY, bytes(500))]
            assert await engine.commit(batch(*some, changes=[Change(1, 0, value)])) is None
            done += 1

    for number, between in enumerate((0, 3, 70, 200)):
        await write(37)
        for alone in (True, False):
            folder = tmp_path / f"{number}-{alone}"
            folder.mkdir()
            least = 0 if alone else done
            if not alone:
                for path in (tmp_path / "data").glob("journal-*"):
                    (folder / path.name).write_bytes(path.read_bytes())
                await write(between)
            copying = apsw.Connection(str(tmp_path / "data" / "store.sqlite"))
            copying.execute("VACUUM INTO ?", (str(folder / "store.sqlite"),))
            copying.close()
            backup = SqliteEngine.open(folder)
            log = await backup.log_read(1, 0, 0, 10_000)
            assert least <= len(log) <= done
            rows = await backup.range(1, key("p")[1], None, None, **ALL)
            assert len(rows.entries) == len(log)
            row = await backup.get_one(A)
            assert (row.value if row else None) == (log[-1].record if log else None)
            await backup.close()
    await engine.close()


def _refused(file: int, data: bytes, at: int) -> None:
    raise OSError(5, "injected")


async def test_sqlite_takes_over_after_a_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jedlik.storage.sqlite_takeover._REST_S", 0.02)
    engine = SqliteEngine.open(tmp_path)
    await put(engine, A, b"v")
    await put(engine, B, b"v")
    for _ in range(1000):
        if not engine._published.growing.serial and engine._published.frozen is None:
            break
        await asyncio.sleep(0.01)
    found = engine._published.reader.connection.execute("SELECT count(*) FROM kv").get
    assert found == 2
    assert engine._takeover.timer is None, "a server at rest does not wake up"
    await engine.close()
