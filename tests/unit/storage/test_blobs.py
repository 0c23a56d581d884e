"""Content files where several threads, cancelled tasks and failing disks have to do with them."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jedlik.storage import blobs as module
from jedlik.storage.blobs import FileBlobs, Span

WAIT_S_MAX = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def write(blobs: FileBlobs, data: bytes = b"bytes") -> str:
    writer = blobs.writer()
    writer.write(data)
    writer.finish()
    return writer.id


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def left_behind(folder: Path) -> list[Path]:
    """What a killed process was writing, two files."""
    incoming = folder / "incoming"
    incoming.mkdir(parents=True)
    left = [incoming / (digit * 32) for digit in "ab"]
    for file in left:
        file.write_bytes(b"cut off")
    return left


@contextmanager
def others_are_faster(monkeypatch: pytest.MonkeyPatch, taken: set[str]) -> Iterator[None]:
    """Between a look into a folder and one at a file of it another thread removes that."""
    scandir = os.scandir

    @contextmanager
    def scan(path: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scandir(path) as entries:
            found = list(entries)
        for entry in found:
            if entry.name in taken:
                os.unlink(entry.path)
        yield iter(found)

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "scandir", scan)
        yield


def test_what_a_crash_left_may_be_cleared_away_by_two_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = left_behind(folder)
    blobs = FileBlobs(folder)
    with others_are_faster(monkeypatch, {left[0].name}):
        made = write(blobs)
    assert files(folder) == [made]


def test_what_a_crash_left_goes_also_where_nobody_uploads(folder: Path) -> None:
    left_behind(folder)
    blobs = FileBlobs(folder)
    blobs._began_at += 60  # everything is older
    assert asyncio.run(blobs.listing(0)) == []
    assert files(folder) == []


def test_looking_for_files_makes_no_folder(folder: Path) -> None:
    assert asyncio.run(FileBlobs(folder).listing(0)) == []
    assert not folder.exists()


def test_a_file_that_goes_meanwhile_does_not_hide_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = FileBlobs(folder)
    made = [write(before) for _ in range(3)]
    shelf = folder / "00"
    shelf.mkdir(exist_ok=True)
    kept = [f"00{id[2:]}" for id in made]
    for old, new in zip(made, kept, strict=True):
        os.rename(before.path(old), shelf / new)
    after = FileBlobs(folder)
    after._began_at += 60  # everything is older

    async def listed() -> list[str]:
        return await after.listing(0)

    with others_are_faster(monkeypatch, {kept[0]}):
        assert sorted(asyncio.run(listed())) == sorted(kept[1:])


async def cancelled(task: asyncio.Task[Any], begun: threading.Event, go: threading.Event) -> None:
    """Cancel a task while its thread is at work, more than once."""
    assert await asyncio.to_thread(begun.wait, WAIT_S_MAX)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, WAIT_S_MAX)


def test_a_cancelled_task_waits_for_its_thread(folder: Path) -> None:
    """Else who aborts the writer would close the file under a thread that writes to it."""
    begun, go = threading.Event(), threading.Event()
    did: list[str] = []

    def work() -> None:
        begun.set()
        go.wait(WAIT_S_MAX)
        did.append("work")

    async def scenario() -> None:
        blobs = FileBlobs(folder)

        async def whole() -> None:
            try:
                await blobs.run(work)
            finally:
                did.append("clean up")

        await cancelled(asyncio.create_task(whole()), begun, go)
        assert await blobs.run(lambda: "others go on") == "others go on"
        await blobs.close()

    asyncio.run(scenario())
    assert did == ["work", "clean up"]


def test_a_cancelled_reader_leaves_no_file_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()
    blobs = FileBlobs(folder)
    id = write(blobs)
    opened: list[int] = []
    open_file: Callable[..., int] = os.open

    def slow(path: Any, *arguments: Any) -> int:
        begun.set()
        go.wait(WAIT_S_MAX)
        opened.append(open_file(path, *arguments))
        return opened[-1]

    async def scenario() -> None:
        async def read() -> list[bytes]:
            return [part async for part in blobs.read([Span(id, 0, 5)])]

        with monkeypatch.context() as patched:
            patched.setattr(module.os, "open", slow)
            await cancelled(asyncio.create_task(read()), begun, go)
        assert await read() == [b"bytes"]
        await blobs.drop([id])  # nobody holds it any more
        await blobs.close()

    asyncio.run(scenario())
    assert len(opened) == 1
    with pytest.raises(OSError):
        os.fstat(opened[0])
    assert files(folder) == []


@pytest.mark.parametrize("step", ["rename", "fsync"])
def test_a_file_that_cannot_be_completed_is_forgotten(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    blobs = FileBlobs(folder)
    writer = blobs.writer()
    writer.write(b"bytes")
    if step == "fsync":
        (folder / writer.id[:2]).mkdir()

    def fails(*arguments: Any) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        if step == "rename":
            patched.setattr(module.os, "rename", fails)
        else:
            patched.setattr(blobs, "persist", fails)
        with pytest.raises(OSError):
            writer.finish()
    writer.abort()
    writer.abort()
    assert files(folder) == []
    assert blobs._unsettled == set()
    kept = write(blobs)
    assert files(folder) == [kept]


def test_abort_after_finish_changes_nothing(folder: Path) -> None:
    blobs = FileBlobs(folder)
    writer = blobs.writer()
    writer.write(b"bytes")
    writer.finish()
    writer.abort()
    assert files(folder) == [writer.id]
