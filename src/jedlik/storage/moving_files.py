"""What a move takes along from a data folder beside its store: object bytes, keys, certificates.

Each file is written beside its place, read again, compared and then renamed: what has its name is
complete, so a move that was interrupted skips it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from hashlib import blake2b
from pathlib import Path

from jedlik.storage.waist import StorageError

OBJECTS = "objects"
_UNFINISHED = Path(OBJECTS) / "incoming"
_PIECE = 1 << 20
_NEW = ".moving"


def files_of(folder: Path, without: Set[str]) -> list[Path]:
    """Everything below `folder`, relative to it, but top-level names in `without`."""
    return sorted(_files(folder, Path(), without))


def _files(folder: Path, below: Path, without: Set[str]) -> Iterator[Path]:
    with os.scandir(folder / below) as entries:
        for entry in entries:
            place = below / entry.name
            if (below == Path() and entry.name in without) or entry.name.endswith(_NEW):
                continue
            if entry.is_dir(follow_symlinks=False):
                if place != _UNFINISHED:
                    yield from _files(folder, place, frozenset())
            elif entry.is_file():
                yield place


def copy_file(source: Path, target: Path, place: Path) -> None:
    """Copy one file, durably. Raises StorageError where another has its name, or OSError's text."""
    here, there = source / place, target / place
    try:
        digest = _digest(here)
        if there.exists():
            if _digest(there) != digest:
                raise StorageError(f"{there} is there already, and is another file")
            return
        for folder in reversed([*there.relative_to(target).parents][:-1]):
            if not (target / folder).exists():
                (target / folder).mkdir(mode=(source / folder).stat().st_mode & 0o777)
        fresh = there.with_name(there.name + _NEW)
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as out, here.open("rb") as read:
            while piece := read.read(_PIECE):
                out.write(piece)
            os.fchmod(handle, here.stat().st_mode & 0o777)
            out.flush()
            os.fsync(handle)
        if _digest(fresh) != digest:
            raise StorageError(f"{there} is not what {here} is")
        fresh.rename(there)
        _sync(there.parent)
    except OSError as fault:
        raise StorageError(f"{there} cannot be copied: {fault.strerror}") from fault


def _digest(file: Path) -> bytes:
    hashed = blake2b(digest_size=16)
    with file.open("rb") as read:
        while piece := read.read(_PIECE):
            hashed.update(piece)
    return hashed.digest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
