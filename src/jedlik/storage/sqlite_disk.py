"""What the journal asks of the disk, in a form that tests can make fail.

SQLite has its own way to the disk (a VFS); `vfs` names the one that belongs to this disk.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol

_DSYNC = getattr(os, "RWF_DSYNC", 0)
_sync_data = getattr(os, "fdatasync", os.fsync)


class Disk(Protocol):
    """Methods raise OSError. `file` is what `open` gave."""

    vfs: str | None

    def open(self, path: Path) -> int:
        """Open for reading and writing; make the file if it is not there."""

    def read(self, file: int, size: int, at: int) -> bytes:
        """Fewer bytes than `size` at the end of the file only."""

    def write(self, file: int, data: bytes, at: int) -> None:
        """Write all of `data`, or raise; then some of it may be written."""

    def sync(self, file: int) -> None:
        """Return when all that was written is on the disk."""

    def write_durably(self, file: int, data: bytes, at: int) -> None:
        """`write` and `sync` at once."""

    def truncate(self, file: int, size: int) -> None:
        """Cut the file off."""

    def close(self, file: int) -> None:
        """Let go of the file."""

    def remove(self, path: Path) -> None:
        """Remove a file that may be there."""


class RealDisk:
    vfs: str | None = None

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def read(self, file: int, size: int, at: int) -> bytes:
        found = os.pread(file, size, at)
        while len(found) < size:
            more = os.pread(file, size - len(found), at + len(found))
            if not more:
                break
            found += more
        return found

    def write(self, file: int, data: bytes, at: int) -> None:
        done = os.pwrite(file, data, at)
        while done < len(data):
            done += os.pwrite(file, memoryview(data)[done:], at + done)

    def sync(self, file: int) -> None:
        _sync_data(file)

    def write_durably(self, file: int, data: bytes, at: int) -> None:
        # One call, so that a thread has to ask for the GIL once less.
        if _DSYNC:
            try:
                if os.pwritev(file, (data,), at, _DSYNC) == len(data):
                    return
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
                    raise
        self.write(file, data, at)
        self.sync(file)

    def truncate(self, file: int, size: int) -> None:
        os.ftruncate(file, size)

    def close(self, file: int) -> None:
        os.close(file)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
