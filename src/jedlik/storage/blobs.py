"""Where object bytes are: large values that no engine should hold, one content file each.

    <folder>/incoming/<id>       being written
    <folder>/<id[:2]>/<id>       complete, on disk, never changed again
    <folder>/work/               for programs that read complete ones as files

An id is 32 hexadecimal digits of our own making; nothing that a client chose ever becomes part of
a path. A file counts only once somebody has committed a row that refers to it: whoever writes does
`writer` → `finish` → commit the row → `settle`, and `drop` where the commit fails. What a crash
leaves without a row is found by `listing` and dropped (workers/object_upkeep.py).

Everything that touches the disk is plain and blocking, for the threads of `run`. `Blobs` is what
another place for bytes (a shared folder, an object store) has to offer.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from jedlik.storage.waist import StorageError

READ_BYTES = 512 * 1024
OTHERS_WORK_S = 86_400.0
"""Older than this, no file is another process's unfinished work."""
_THREADS_MAX = 8
_SYNC_BYTES = 8 << 20
"""Large files are synced as they grow: the whole at once would hold up every write's own sync."""
_ID = re.compile(r"[0-9a-f]{32}")

T = TypeVar("T")


class Span(NamedTuple):
    """A stretch of one blob."""

    id: str
    start: int
    length: int


class BlobWriter(Protocol):
    """A blob in the making. Methods block; one thread at a time."""

    id: str

    def write(self, data: bytes) -> None: ...

    def finish(self) -> None:
        """Make it complete and durable."""

    def abort(self) -> None:
        """Forget what was written; harmless when repeated and after `finish`."""


class Blobs(Protocol):
    """A place for blobs."""

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Do blocking work in a thread."""
        ...

    def writer(self) -> BlobWriter: ...

    def link(self, id: str) -> str:
        """Another blob with the same bytes, without copying them where that can be. Blocks."""
        ...

    def place(self, id: str, target: Path) -> bool:
        """Give a blob a second name, as a file elsewhere; False where that cannot be. Blocks."""
        ...

    def work_folder(self) -> Path | None:
        """Where files are to be that `place` makes. Blocks."""
        ...

    def settle(self, ids: Sequence[str]) -> None:
        """Rows refer to these now: `listing` may name them again."""

    def read(self, spans: Sequence[Span]) -> AsyncIterator[bytes]:
        """The bytes of several stretches, one after the other, in pieces. The blobs stay readable
        until the iterator is closed, even when they are dropped meanwhile."""
        ...

    async def drop(self, ids: Sequence[str]) -> None:
        """Forget blobs; harmless for those that are not there."""

    async def listing(self, shelf: int) -> list[str]:
        """Ids on one of 256 shelves of blobs that are older than this process."""
        ...

    async def close(self) -> None: ...


class BlobsMissing(StorageError):
    """Nobody has said where object bytes are to be kept."""


class BlobsUnreachable(StorageError):
    """The store of object bytes did not do what it was asked."""


class NoBlobs:
    """Where several machines may share a store and nobody has said where bytes go: none do."""

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.to_thread(work, *arguments)

    def writer(self) -> BlobWriter:
        raise BlobsMissing(
            "objects need --blobs: a folder that all machines share, or s3://BUCKET/PREFIX"
        )

    def link(self, id: str) -> str:
        self.writer()
        raise AssertionError

    def place(self, id: str, target: Path) -> bool:
        return False

    def work_folder(self) -> Path | None:
        return None

    def settle(self, ids: Sequence[str]) -> None:
        """There are none."""

    async def read(self, spans: Sequence[Span]) -> AsyncIterator[bytes]:
        if spans:
            self.writer()
        return
        yield b""

    async def drop(self, ids: Sequence[str]) -> None:
        """There are none."""

    async def listing(self, shelf: int) -> list[str]:
        return []

    async def close(self) -> None:
        """Nothing is open."""


class ThreadedBlobs:
    """What places for bytes have in common that are reached by blocking calls: threads, and the
    keeping of blobs for those who still read them."""

    def __init__(self, *, began_at: float) -> None:
        """began_at: in epoch seconds; what is older is not being written by anybody."""
        self._began_at = began_at
        self._unsettled: set[str] = set()
        self._pins: dict[str, int] = {}
        self._dropped: set[str] = set()  # while somebody still reads them
        self._threads = ThreadPoolExecutor(_THREADS_MAX, thread_name_prefix="blobs")

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Where it is cancelled it still ends only when the thread has: who cleans up next must
        not find it at work on the same file."""
        begun = self._threads.submit(work, *arguments)
        try:
            return await asyncio.wrap_future(begun)
        except asyncio.CancelledError:
            while not begun.done():
                with suppress(asyncio.CancelledError):  # again
                    await asyncio.wait([asyncio.wrap_future(begun)])
            raise

    def place(self, id: str, target: Path) -> bool:
        return False

    def work_folder(self) -> Path | None:
        return None

    def settle(self, ids: Sequence[str]) -> None:
        self._unsettled.difference_update(ids)

    async def drop(self, ids: Sequence[str]) -> None:
        free = [id for id in ids if id not in self._pins]
        self._dropped.update(id for id in ids if id in self._pins)
        self._unsettled.difference_update(ids)
        if free:
            await self.run(self._remove, free)

    async def listing(self, shelf: int) -> list[str]:
        names = await self.run(self._list, f"{shelf:02x}")
        return [id for id in names if id not in self._unsettled]

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)

    def _pin(self, ids: set[str]) -> None:
        for id in ids:
            self._pins[id] = self._pins.get(id, 0) + 1

    def _unpin(self, ids: set[str]) -> None:
        free = []
        for id in ids:
            self._pins[id] -= 1
            if not self._pins[id]:
                del self._pins[id]
                if id in self._dropped:
                    self._dropped.discard(id)
                    free.append(id)
        if free:
            self._threads.submit(self._remove, free)

    def _remove(self, ids: Sequence[str]) -> None:
        """Blocks; harmless for those that are not there."""
        raise NotImplementedError

    def _list(self, shelf: str) -> list[str]:
        """Blocks: ids on a shelf that are older than `began_at`."""
        raise NotImplementedError


class FileBlobs(ThreadedBlobs):
    """Blobs as files in a folder. durable: files are on disk before `finish` returns."""

    def __init__(self, folder: Path | None, *, durable: bool = True, shared: bool = False) -> None:
        """folder: made when it is first needed. None takes a temporary one, which is gone when
        this is closed. shared: other processes use it, too: what is young may be a file that one
        of them is just writing."""
        super().__init__(began_at=time.time() - (OTHERS_WORK_S if shared else 0.0))
        self._temporary = folder is None
        self._folder = folder or Path(tempfile.gettempdir(), f"jedlik-{os.urandom(16).hex()}")
        self._incoming = self._folder / "incoming"
        self._durable = durable
        self._ready = False

    def writer(self) -> FileWriter:
        self._make_ready()
        return FileWriter(self, os.urandom(16).hex())

    def link(self, id: str) -> str:
        self._make_ready()
        new = os.urandom(16).hex()
        target = self._shelve(new)
        self._unsettled.add(new)
        os.link(self.path(id), target)
        self.persist(target.parent)
        return new

    def place(self, id: str, target: Path) -> bool:
        try:
            os.link(self.path(id), target)
        except OSError:
            return False  # another file system, or one without links
        return True

    def work_folder(self) -> Path:
        self._make_ready()
        found = self._folder / "work"
        found.mkdir(mode=0o700, exist_ok=True)
        return found

    async def read(self, spans: Sequence[Span]) -> AsyncIterator[bytes]:
        names = {span.id for span in spans}
        self._pin(names)
        opened: list[int] = []  # kept by who opens: a cancelled `run` has no result

        def open_file(path: Path) -> None:
            opened.append(os.open(path, os.O_RDONLY))

        try:
            for span in spans:
                await self.run(open_file, self.path(span.id))
                at, end = span.start, span.start + span.length
                while at < end:
                    part = await self.run(os.pread, opened[0], min(READ_BYTES, end - at), at)
                    if not part:
                        raise EOFError(f"blob {span.id} is shorter than its row says")
                    at += len(part)
                    yield part
                os.close(opened.pop())
        finally:
            for file in opened:
                os.close(file)
            self._unpin(names)

    async def close(self) -> None:
        await super().close()
        if self._temporary:
            shutil.rmtree(self._folder, ignore_errors=True)

    # For the writer

    def path(self, id: str) -> Path:
        assert _ID.fullmatch(id), id
        return self._folder / id[:2] / id

    def incoming(self, id: str) -> Path:
        return self._incoming / id

    def complete(self, id: str) -> None:
        """Move a written file to where it stays."""
        self._unsettled.add(id)
        target = self._shelve(id)
        os.rename(self.incoming(id), target)
        self.persist(target.parent)

    @property
    def durable(self) -> bool:
        return self._durable

    def persist(self, folder: Path) -> None:
        """A renamed file is found after a power cut only if its folder was written, too."""
        if not self._durable:
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _shelve(self, id: str) -> Path:
        target = self.path(id)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            self.persist(self._folder)
        return target

    def _make_ready(self) -> None:
        """The folder, made when first needed; what an earlier process left half-written goes."""
        if self._ready:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)
        self.persist(self._folder.parent)
        with os.scandir(self._incoming) as entries:
            for left in entries:
                if _is_older(left, self._began_at):
                    _unlink(Path(left.path))
        self._ready = True

    def _list(self, shelf: str) -> list[str]:
        if self._folder.exists():
            self._make_ready()  # else files that a crash cut off would stay until the next upload
        try:
            with os.scandir(self._folder / shelf) as entries:
                return [
                    entry.name
                    for entry in entries
                    if _ID.fullmatch(entry.name) and _is_older(entry, self._began_at)
                ]
        except FileNotFoundError:
            return []

    def _remove(self, ids: Sequence[str]) -> None:
        for id in ids:
            _unlink(self.path(id))


class FileWriter:
    """A content file in the making."""

    __slots__ = ("_blobs", "_file", "_finished", "_unsynced", "id")

    def __init__(self, blobs: FileBlobs, id: str) -> None:
        self.id = id
        self._blobs = blobs
        self._file = os.open(blobs.incoming(id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._unsynced = 0
        self._finished = False

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        self._unsynced += len(data)
        if self._unsynced >= _SYNC_BYTES and self._blobs.durable:
            os.fdatasync(self._file)
            self._unsynced = 0

    def finish(self) -> None:
        if self._blobs.durable:
            os.fsync(self._file)
        os.close(self._file)
        self._file = -1
        self._blobs.complete(self.id)
        self._finished = True

    def abort(self) -> None:
        if self._finished:
            return
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        _unlink(self._blobs.incoming(self.id))
        _unlink(self._blobs.path(self.id))
        self._blobs.settle([self.id])


def _is_older(entry: os.DirEntry[str], time_s: float) -> bool:
    """Whether a file was last written or moved before that; not so where somebody else has just
    moved or removed it: several threads come here at once, and none of them is to fail."""
    try:
        found = entry.stat()
    except FileNotFoundError:
        return False
    return found.st_ctime < time_s


def _unlink(path: Path) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
