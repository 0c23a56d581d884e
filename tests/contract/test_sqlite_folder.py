"""SQLite's folder in trouble: taken, read-only, full, damaged, foreign, too new."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import Popen

import apsw
import pytest

from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.sqlite_files import refuse_old_sqlite
from jedlik.storage.waist import (
    ANY,
    Change,
    FolderLocked,
    Put,
    Row,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageOutdated,
    StorageReadOnly,
)
from tests.contract.faulty_disk import FaultyDisk
from tests.contract.rows import ALL, batch, key, put

OPEN = """
import asyncio, sys
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import *

async def main():
    engine = SqliteEngine.open(sys.argv[1])
    print("open", flush=True)
    await asyncio.sleep(60)

try:
    asyncio.run(main())
except StorageError as error:
    print(type(error).__name__, error)
"""


def run_python(source: str, *arguments: str, before: Sequence[str] = ()) -> Popen[str]:
    command = [*before, sys.executable, "-c", textwrap.dedent(source), *arguments]
    return Popen(command, stdout=subprocess.PIPE, text=True)


def may_unshare() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "-m", "true"]).returncode == 0


async def test_a_second_process_is_told_who_holds_the_folder(
    sqlite: SqliteEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    with run_python(OPEN, str(folder)) as second:
        answer, _ = second.communicate(timeout=60)
    assert answer == (
        f"FolderLocked the data folder {folder} is in use by process {os.getpid()};"
        " stop it, or choose another folder\n"
    )
    with pytest.raises(FolderLocked):
        SqliteEngine.open(folder)
    await put(sqlite, key("p"), b"undisturbed")


async def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    with run_python(OPEN, str(tmp_path)) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(FolderLocked, match=f"process {first.pid};"):
            SqliteEngine.open(tmp_path)
        first.send_signal(signal.SIGKILL)
        first.wait(timeout=60)
    await SqliteEngine.open(tmp_path).close()


async def test_a_failed_open_lets_go_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"nothing that SQLite wrote" * 1000)
    for _ in range(2):
        with pytest.raises(StorageCorrupt):
            SqliteEngine.open(tmp_path)
    (tmp_path / "store.sqlite").unlink()
    await SqliteEngine.open(tmp_path).close()


async def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path / "deep" / "folder")
    version = await put(engine, key("p"), b"v")
    await engine.commit(batch(changes=[Change(1, 0, b"r")]))
    await engine.close()
    left = {path.name for path in (tmp_path / "deep" / "folder").iterdir()}
    assert left == {"lock", "store.sqlite"}
    engine = SqliteEngine.open(tmp_path / "deep" / "folder")
    row = await engine.get_one(key("p"))
    assert row == (version, b"v")
    assert len(await engine.log_read(1, 0, 0, 9)) == 1
    await engine.close()


async def test_settings_are_those_that_were_measured(sqlite: SqliteEngine) -> None:
    full, normal, off = 2, 1, 0  # the writer's and the checkpoints' are synced by ourselves
    for connection, synchronous in zip(sqlite._connections, (full, normal, off), strict=True):
        assert connection.pragma("journal_mode") == "wal"
        assert connection.pragma("synchronous") == synchronous
        assert connection.pragma("page_size") == 8192
        assert connection.pragma("wal_autocheckpoint") == 0


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.9.9"])
def test_an_sqlite_with_the_wal_reset_bug_is_refused(version: str) -> None:
    with pytest.raises(StorageOutdated, match=version):
        refuse_old_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0", "3.51.3.1"])
def test_a_sound_sqlite_is_not(version: str) -> None:
    refuse_old_sqlite(version)


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    foreign = apsw.Connection(str(path))
    foreign.execute("CREATE TABLE theirs(x)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(StorageCorrupt, match="not one of Jedlik's"):
        SqliteEngine.open(tmp_path)
    assert path.read_bytes() == before


async def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    await SqliteEngine.open(tmp_path).close()
    newer = apsw.Connection(str(tmp_path / "store.sqlite"))
    newer.execute("PRAGMA user_version = 1000")
    newer.close()
    with pytest.raises(StorageOutdated, match="newer Jedlik"):
        SqliteEngine.open(tmp_path)


async def test_a_folder_that_is_a_file_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="cannot be used"):
        SqliteEngine.open(tmp_path / "file")


async def test_a_damaged_page_is_reported_and_the_rest_stays_readable(tmp_path: Path) -> None:
    engine = SqliteEngine.open(tmp_path)
    rows = [
        Put(key("p", at.to_bytes(2, "big")), ANY, bytes([at % 251]) * 1000) for at in range(300)
    ]
    await engine.commit(batch(*rows))
    await engine.close()
    path = tmp_path / "store.sqlite"
    content = bytearray(path.read_bytes())
    page = content.index(bytes([150]) * 1000) // 8192
    content[page * 8192 : (page + 1) * 8192] = b"\xee" * 8192
    path.write_bytes(content)

    engine = SqliteEngine.open(tmp_path)
    with pytest.raises(StorageCorrupt, match="store.sqlite is damaged"):
        await engine.range(1, rows[0].key[1], None, None, **ALL)
    damaged = 0
    for row in rows:
        try:
            found = await engine.get_one(row.key)
            assert found is not None
            assert found.value == row.value
        except StorageCorrupt:
            damaged += 1
    assert 0 < damaged < 20
    # A write is durable in the journal; SQLite cannot take it over, and from then on none is
    # accepted, however often the store is opened again. Nothing that was acknowledged is lost.
    version = await put(engine, rows[150].key, b"new")
    for life in range(2):
        if not life:
            engine._takeover.freeze()
        deadline = time.monotonic() + 60
        while (await engine.health()).writable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        with pytest.raises(StorageCorrupt, match="damaged"):
            await put(engine, rows[0].key, b"refused")
        assert await engine.get_one(rows[150].key) == Row(version, b"new")
        await engine.close()
        engine = SqliteEngine.open(tmp_path)
    await engine.close()


async def test_a_disk_that_turns_read_only_refuses_writes_and_serves_reads(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = SqliteEngine.open(tmp_path, disk=disk)
    await put(engine, key("p"), b"v")
    disk.fail = lambda operation, file: (
        apsw.ReadOnlyError("injected") if operation == "write" else None
    )
    for _ in range(2):
        with pytest.raises(StorageReadOnly, match="may not be written"):
            await put(engine, key("p"), b"w")
    assert (await engine.get_one(key("p"))).value == b"v"  # type: ignore[union-attr]
    disk.fail = None
    await put(engine, key("p"), b"w")
    assert (await engine.get_one(key("p"))).value == b"w"  # type: ignore[union-attr]
    await engine.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("mounting needs rights; test_sqlite_steps injects the same failure")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_loses_nothing_and_writes_resume_when_there_is_space(
    small_disk: Path,
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1 << 20))
    engine = SqliteEngine.open(small_disk / "data")
    acknowledged: dict[int, bytes] = {}

    async def write(number: int) -> None:
        value = number.to_bytes(4, "big") * 1000
        await put(engine, key("p", number.to_bytes(4, "big")), value)
        acknowledged[number] = value

    async def check() -> None:
        page = await engine.range(1, key("p")[1], None, None, **ALL)
        assert {int.from_bytes(e.sort, "big"): e.value for e in page.entries} == acknowledged

    outcomes = await asyncio.gather(*map(write, range(50)))
    number = 50
    while True:
        some = map(write, range(number, number + 7))
        outcomes = await asyncio.gather(*some, return_exceptions=True)
        number += 7
        if any(outcomes):
            break
    failed = [outcome for outcome in outcomes if outcome is not None]
    assert {type(outcome) for outcome in failed} == {StorageFull}
    assert "no space left" in str(failed[0])
    await check()
    assert not (await engine.health()).writable

    ballast.unlink()
    await write(10_000)
    assert (await engine.health()).writable
    await check()
    await engine.close()
    engine = SqliteEngine.open(small_disk / "data")
    await check()
    await engine.close()


def test_no_space_for_a_new_folder_is_said_plainly(small_disk: Path) -> None:
    with pytest.raises(OSError, match="space"):
        (small_disk / "ballast").write_bytes(bytes(3 << 20))

    async def body() -> None:
        with pytest.raises(StorageFull, match="no space left"):
            SqliteEngine.open(small_disk / "data")

    asyncio.run(body())


async def test_a_full_disk_is_said_when_a_store_is_opened_again(small_disk: Path) -> None:
    await SqliteEngine.open(small_disk / "data").close()
    with pytest.raises(OSError, match="space"):
        (small_disk / "ballast").write_bytes(bytes(3 << 20))
    # There is no room for the log's shared index, which SQLite calls a disk I/O error.
    with pytest.raises(StorageFull, match="no space left"):
        SqliteEngine.open(small_disk / "data")


async def test_a_read_only_folder_is_said_plainly(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await SqliteEngine.open(folder).close()
    if os.geteuid() != 0:
        folder.chmod(0o555)
        (folder / "lock").chmod(0o444)
        before = []
    else:
        # Rights do not bind root; a read-only mount does. It is gone with its namespace.
        if not may_unshare():
            pytest.skip("a mount namespace needs rights that this process lacks")
        mount = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && "
        before = ["unshare", "-m", "sh", "-c", mount + 'exec "$@"', "sh"]
    with run_python(OPEN, str(folder), before=before) as process:
        answer, _ = process.communicate(timeout=60)
    assert answer.startswith(f"StorageReadOnly {folder} may not be written")
