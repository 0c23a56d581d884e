"""A disk that fails when told, and that can lose its power: for SQLite a VFS over the real one,
for the journal a Disk over the real one.

    disk = FaultyDisk(); engine = SqliteEngine.open(folder, disk=disk)
    disk.fail = lambda operation, file: ...      return an exception to have that operation fail
    disk.power_cut(folder, elsewhere, random)    what is left if the power goes now

Whatever was synced survives a power cut; each write since then survives whole, in part or not at
all. (The write-ahead log's index is shared memory and never survives.)
"""

from __future__ import annotations

import errno
import itertools
import os
import random as randoms
import threading
from collections.abc import Callable
from pathlib import Path

import apsw

from jedlik.storage.sqlite_disk import RealDisk

Fail = Callable[[str, str], Exception | None]
_numbers = itertools.count()


class _Image:
    """A file's synced content, and what happened since: (offset, data), or (size, None)."""

    def __init__(self, content: bytes) -> None:
        self.synced = bytearray(content)
        self.since: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        for at, data in self.since:
            self._apply(self.synced, at, data)
        self.since.clear()

    def after_power_cut(self, random: randoms.Random) -> bytes:
        content = bytearray(self.synced)
        for at, data in self.since:
            if random.random() < 0.5:
                if data is not None and random.random() < 0.3:
                    data = data[: random.randrange(len(data) + 1)]
                self._apply(content, at, data)
        return bytes(content)

    @staticmethod
    def _apply(content: bytearray, at: int, data: bytes | None) -> None:
        if data is None:
            del content[at:]
            return
        if len(content) < at:
            content.extend(bytes(at - len(content)))
        content[at : at + len(data)] = data


class FaultyDisk(apsw.VFS):  # type: ignore[misc]
    def __init__(self) -> None:
        self.vfs = f"faulty-{next(_numbers)}"
        self.fail: Fail | None = None
        self.syncs = 0
        self.images: dict[str, _Image] = {}
        # The power goes for all files at one moment, whatever threads are writing.
        self._moment = threading.Lock()
        self._real = RealDisk()
        self._names: dict[int, str] = {}
        super().__init__(self.vfs, "")

    def xOpen(self, name: object, flags: list[int]) -> _File:
        return _File(self, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        self.images.pop(Path(name).name, None)
        super().xDelete(name, sync)

    # For the journal

    def open(self, path: Path) -> int:
        file = self._real.open(path)
        self._names[file] = path.name
        if path.name not in self.images:
            self.images[path.name] = _Image(path.read_bytes())
        return file

    def read(self, file: int, size: int, at: int) -> bytes:
        return self._real.read(file, size, at)

    def write(self, file: int, data: bytes, at: int) -> None:
        name = self._names[file]
        try:
            self.check("write", name)
        except apsw.Error as error:
            raise _as_the_system_says_it(error) from error
        self._real.write(file, data, at)
        self.note(name, at, data)

    def sync(self, file: int) -> None:
        name = self._names[file]
        try:
            self.check("sync", name)
        except apsw.Error as error:
            raise _as_the_system_says_it(error) from error
        self._real.sync(file)
        self.note_sync(name)

    def write_durably(self, file: int, data: bytes, at: int) -> None:
        self.write(file, data, at)
        self.sync(file)

    def write_back(self, file: int, at: int, size: int) -> None:
        try:
            self.check("write back", self._names[file])
        except apsw.Error as error:
            raise _as_the_system_says_it(error) from error

    def truncate(self, file: int, size: int) -> None:
        self._real.truncate(file, size)
        self.note(self._names[file], size, None)

    def close(self, file: int) -> None:
        self._names.pop(file, None)
        self._real.close(file)

    def remove(self, path: Path) -> None:
        self.images.pop(path.name, None)
        self._real.remove(path)

    def note(self, name: str, at: int, data: bytes | None) -> None:
        """A file was written to, or cut off."""
        with self._moment:
            self.images[name].since.append((at, data))

    def note_sync(self, name: str) -> None:
        with self._moment:
            self.syncs += 1
            self.images[name].sync()

    def check(self, operation: str, file: str) -> None:
        if self.fail is not None:
            error = self.fail(operation, file)
            if error is not None:
                raise error

    def power_cut(self, elsewhere: Path, random: randoms.Random) -> Path:
        elsewhere.mkdir(parents=True)
        with self._moment:
            left = {name: image.after_power_cut(random) for name, image in self.images.items()}
        for name, content in left.items():
            (elsewhere / name).write_bytes(content)
        return elsewhere


def _as_the_system_says_it(error: apsw.Error) -> OSError:
    number = errno.EIO
    if isinstance(error, apsw.FullError):
        number = errno.ENOSPC
    elif isinstance(error, apsw.ReadOnlyError):
        number = errno.EROFS
    return OSError(number, os.strerror(number))


class _File(apsw.VFSFile):  # type: ignore[misc]
    def __init__(self, disk: FaultyDisk, name: object, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._disk = disk
        self._name = Path(path).name
        if self._name not in disk.images:
            there = Path(path).exists()
            disk.images[self._name] = _Image(Path(path).read_bytes() if there else b"")
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.check("write", self._name)
        super().xWrite(data, offset)
        self._disk.note(self._name, offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        self._disk.check("truncate", self._name)
        super().xTruncate(size)
        self._disk.note(self._name, size, None)

    def xSync(self, flags: int) -> None:
        self._disk.check("sync", self._name)
        super().xSync(flags)
        self._disk.note_sync(self._name)
