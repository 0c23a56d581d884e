"""What the engine asks of the disk itself, in a form that tests can make fail.

SQLite has its own way to the disk (a VFS); `vfs` names the one that belongs to this disk.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Protocol

_DSYNC = getattr(os, "RWF_DSYNC", 0)
UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What a system answers that has not what was asked of it."""
_PIECE_BYTES = 512 << 10
_PIECES_MAX = 1024
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

    def write_back(self, file: int, at: int, size: int) -> None:
        """Have what was written to a part of the file brought to the disk, where the system can,
        and return when it was. It is not safe there before `sync`."""

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
                if error.errno not in UNSUPPORTED:
                    raise
        self.write(file, data, at)
        self.sync(file)

    def write_back(self, file: int, at: int, size: int) -> None:
        """By sync_file_range, of Linux."""
        call = _sync_file_range()
        if call is not None and (error := call(file, at, size)) and error not in UNSUPPORTED:
            # Told once only: the sync that follows would say that all is well.
            raise OSError(error, os.strerror(error))

    def truncate(self, file: int, size: int) -> None:
        os.ftruncate(file, size)

    def close(self, file: int) -> None:
        os.close(file)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)


def sync_in_pieces(disk: Disk, file: int) -> None:
    """Have all that was written to a file on the disk, little by little.

    A sync of a hundred megabytes gives the disk all of them at once, and the next write to the
    journal waits behind them, for 40 ms and more. Here it waits for a piece.
    """
    size = os.fstat(file).st_size
    step = max(_PIECE_BYTES, -(-size // _PIECES_MAX))
    for at in range(0, size, step):
        disk.write_back(file, at, step)
    disk.sync(file)


@cache
def _sync_file_range() -> Callable[[int, int, int], int] | None:
    """A function of a file, a place in it and a size that begins to write and waits until it is
    done: the error's number, or 0. None where the system has no such thing."""
    if sys.platform != "linux":
        return None
    import ctypes  # by those who write more than the journal holds

    try:
        found = ctypes.CDLL(None, use_errno=True).sync_file_range
    except (OSError, AttributeError):
        return None
    found.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    wait_before, write, wait_after = 1, 2, 4

    def call(file: int, at: int, size: int) -> int:
        failed: int = found(file, at, size, wait_before | write | wait_after)
        return ctypes.get_errno() if failed else 0

    return call
