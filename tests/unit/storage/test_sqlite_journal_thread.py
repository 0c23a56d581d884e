"""Groups reach the disk beside the loop; what fails there is settled by the journal."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jedlik.storage import sqlite_journal_thread
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.sqlite_flusher import Flusher
from jedlik.storage.waist import Batch, Put, Row, StorageError, StorageFull

WAIT_S = 60


def key(name: str) -> tuple[int, bytes, bytes, bytes]:
    return (1, name.encode().ljust(16, b"\0"), b"", b"")


async def put(engine: SqliteEngine, name: str, version: int, value: bytes = b"v") -> None:
    assert await engine.commit(Batch(version, (Put(key(name), 0, value),))) is None


async def test_a_flusher_writes_at_a_place_and_tells_what_became_of_it(tmp_path: Path) -> None:
    told: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
    flusher = Flusher(
        asyncio.get_running_loop(), lambda written, error: told.put_nowait((written, error))
    )
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    for at in range(0, 300, 3):
        flusher.submit(file, b"%03d" % at, at)
        assert await asyncio.wait_for(told.get(), WAIT_S) == (3, 0)
    assert (tmp_path / "file").read_bytes() == b"".join(b"%03d" % at for at in range(0, 300, 3))
    flusher.submit(1_000_000, b"nowhere", 0)
    assert await asyncio.wait_for(told.get(), WAIT_S) == (-1, errno.EBADF)
    flusher.stop()
    os.close(file)


class Broken:
    """Takes the place of the flusher: writes `part` of the bytes and tells `error`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, done: Callable[[int, int], None]) -> None:
        self._loop, self._done = loop, done

    error = 0
    part = 0.0
    asked = 0

    def submit(self, file: int, data: bytes, at: int) -> None:
        Broken.asked += 1
        written = os.pwrite(file, data[: int(len(data) * self.part)], at) if self.part else 0
        self._loop.call_soon(self._done, -1 if self.error else written, self.error)

    def stop(self) -> None:
        pass


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> type[Broken]:
    monkeypatch.setattr(sqlite_journal_thread, "Flusher", Broken)
    for name, value in (("error", 0), ("part", 0.0), ("asked", 0)):
        monkeypatch.setattr(Broken, name, value)
    return Broken


async def opened_for_writing(folder: Path) -> SqliteEngine:
    """The journal's file is there already: from now on the flusher is asked."""
    engine = SqliteEngine.open(folder)
    await put(engine, "first", 1)
    return engine


async def test_a_group_that_cannot_be_written_is_void(tmp_path: Path, broken: Any) -> None:
    engine = await opened_for_writing(tmp_path)
    broken.error, broken.part = errno.ENOSPC, 1.0  # all of it is there, and nobody knows
    with pytest.raises(StorageFull):
        await put(engine, "lost", 2)
    assert broken.asked == 1
    broken.error = errno.EIO
    with pytest.raises(StorageError):
        await put(engine, "lost too", 3)
    assert await engine.get_one(key("lost"), pending=True) is None
    broken.error = 0
    await put(engine, "kept", 4)
    assert broken.asked == 3
    await engine.close()
    again = SqliteEngine.open(tmp_path)
    found = await again.get([key(name) for name in ("first", "lost", "lost too", "kept")])
    assert found == [Row(1, b"v"), None, None, Row(4, b"v")]
    await again.close()


@pytest.mark.parametrize("error", [0, errno.EOPNOTSUPP])
async def test_what_was_cut_short_or_is_not_supported_is_written_anew(
    tmp_path: Path, broken: Any, error: int
) -> None:
    engine = await opened_for_writing(tmp_path)
    broken.error, broken.part = error, 0.5
    await put(engine, "a", 2, b"x" * 1000)
    await put(engine, "b", 3)
    # Where it is not supported nobody asks twice.
    assert broken.asked == (1 if error else 2)
    await engine.close()
    again = SqliteEngine.open(tmp_path)
    assert await again.get([key("a"), key("b")]) == [Row(2, b"x" * 1000), Row(3, b"v")]
    await again.close()


async def test_a_group_that_cannot_be_encoded_harms_nobody_else(tmp_path: Path) -> None:
    engine = await opened_for_writing(tmp_path)
    with pytest.raises(StorageError):
        await engine.commit(Batch(1 << 70, (Put(key("huge"), 0, b""),)))
    await put(engine, "next", 5)
    assert await engine.get([key("huge"), key("next")]) == [None, Row(5, b"v")]
    await engine.close()
