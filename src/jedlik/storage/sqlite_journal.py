"""The journal: where a group is made durable, before SQLite hears of it.

    FOLDER/journal-0, FOLDER/journal-1      records of groups (see `sqlite_record.py`), end to end

One file takes the groups; when it has had its share, and SQLite has taken over everything that
the other one holds, the two change places and the other is written over from its beginning. A
file keeps its size: writing over what is there makes an fsync cheaper by half, because there is
nothing to note but the data.

After a crash `recover` reads what SQLite had not taken over yet. A record that is torn, or missing
and nothing behind it claims that it was on the disk, was never answered: the journal ends before
it. Anything else that is not as it was written is damage, and refused.

Used by one thread at a time, except `synced_serial`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from jedlik.storage.sqlite_disk import Disk
from jedlik.storage.sqlite_encoding import encode
from jedlik.storage.sqlite_files import Files
from jedlik.storage.sqlite_group import Group, Sync
from jedlik.storage.sqlite_record import (
    HEAD_BYTES,
    MAGIC,
    Head,
    check_of,
    decode,
    is_sound,
    read_head,
)
from jedlik.storage.waist import StorageCorrupt, StorageError, Unknown

logger = logging.getLogger(__name__)

NAMES = ("journal-0", "journal-1")
_AHEAD_BYTES = 1 << 20  # by so much a file is made longer than it has to be
_SEARCH_BYTES = 1 << 20


class _File:
    def __init__(self, disk: Disk, path: Path) -> None:
        self.path = path
        self.handle = disk.open(path)
        self.size = path.stat().st_size


class Journal:
    def __init__(self, files: Files, *, durable: bool, secret: int, applied: tuple[int, int]):
        """`durable`: whether `write` ends with an fsync. `applied`: the serial and check of the
        last record that SQLite has taken over. Raises OSError."""
        self._files = files
        self._disk = files.disk
        self._durable = durable
        self._secret = secret
        self._applied = applied[0]
        self.serial, self.check = applied
        self.synced_serial = applied[0]
        self.used = 0  # bytes of the current file
        self.in_doubt = False  # a failed record may be on the disk behind the last sound one
        self._record = b""
        self._pair: list[_File] = []
        for name in NAMES:
            self._pair.append(_File(self._disk, files.folder / name))
        self._current = 0

    # Writing

    def write(self, group: Group | Sync) -> StorageError | None:
        """Write the group durably (or, if that is not asked for, write it), or nothing and return
        why."""
        if isinstance(group, Sync):
            try:
                self.sync()
            except OSError as error:
                return self._files.storage_error(error)
            return None
        try:
            self.prepare(group)
            if self._durable:
                disk, file = self._disk, self._pair[self._current]
                if self.used + len(self._record) > file.size:
                    self._lengthen(file)
                disk.write_durably(file.handle, self._record, self.used)
            else:
                self.append()
        except Exception as error:
            return self.settle(error)
        self.accept(group)
        return None

    def begin(self, group: Group) -> tuple[int, bytes, int] | None:
        """The file, record and place to write durably, upon which `accept` or `finish` follows;
        None if it takes more than that. Raises what `settle` takes."""
        if not self._durable:
            return None
        file = self._pair[self._current]
        self.prepare(group)
        record = self._record
        return None if self.used + len(record) > file.size else (file.handle, record, self.used)

    def finish(self, group: Group, error: OSError | None) -> StorageError | None:
        """Settle what was begun and failed; write it anew where it was only cut short."""
        try:
            if error is not None:
                raise error
            self._disk.write_durably(self._pair[self._current].handle, self._record, self.used)
        except Exception as fault:
            return self.settle(fault)
        self.accept(group)
        return None

    def prepare(self, group: Group) -> None:
        self._record = b""
        self._record = encode(
            group,
            secret=self._secret,
            serial=self.serial + 1,
            previous=self.check,
            synced=self.serial if self._durable else self.synced_serial,
        )

    def append(self) -> None:
        """Write what is prepared, without an fsync."""
        file = self._pair[self._current]
        if self.used + len(self._record) > file.size:
            self._lengthen(file)
        self._disk.write(file.handle, self._record, self.used)

    def sync(self) -> None:
        """Have everything that was accepted so far on the disk. May be called on any thread."""
        serial = self.serial
        for file in self._pair:
            self._disk.sync(file.handle)
        self.synced_serial = serial

    def sync_current(self) -> None:
        """Have what was appended on the disk."""
        self._disk.sync(self._pair[self._current].handle)

    def accept(self, group: Group) -> None:
        """What is prepared has been written as it should be."""
        file = self._pair[self._current]
        self.serial += 1
        self.check = check_of(self._record)
        self.used += len(self._record)
        file.size = max(file.size, self.used)
        self.in_doubt = False
        self._record = b""
        group.serial, group.check = self.serial, self.check

    def settle(self, error: Exception) -> StorageError:
        """Have a record that failed be certainly void, if that can be done."""
        record, self._record = self._record, b""
        if not isinstance(error, OSError):
            logger.error("a group cannot be stored", exc_info=error)
        failure = self._files.storage_error(error)
        if not record:
            return failure
        file = self._pair[self._current]
        complete = True
        try:
            complete = self._disk.read(file.handle, len(record), self.used) == record
            self._disk.write_durably(file.handle, bytes(HEAD_BYTES), self.used)
        except OSError:
            if complete:
                self.in_doubt = True
                return Unknown(f"cannot tell whether the write is on disk: {failure}")
        else:
            self.in_doubt = False
        return failure

    def turn(self) -> None:
        """Go on in the other file, all of which SQLite has taken over."""
        self._current = 1 - self._current
        self.used = 0

    def burn(self) -> None:
        """Give up the serial of a record in doubt, so that it can never be taken for sound.

        `turn` must follow, and SQLite must note the serial as taken over.
        """
        self.serial += 1
        self.check = 0
        self.in_doubt = False

    def close(self, *, remove: bool) -> None:
        """`remove`: SQLite has taken over everything."""
        for file in self._pair:
            self._disk.close(file.handle)
        if remove:
            for file in self._pair:
                self._disk.remove(file.path)
        self._pair.clear()

    def _lengthen(self, file: _File) -> None:
        """Write zeros ahead, some hundred records' worth. Nothing depends on it."""
        size = self.used + len(self._record) + _AHEAD_BYTES
        try:
            # Synced: else the file system puts off finding the place for it.
            self._disk.write_durably(file.handle, bytes(size - file.size), file.size)
            file.size = size
        except OSError:
            # Leave the room to those who need it.
            try:
                self._disk.truncate(file.handle, file.size)
            except OSError:
                logger.debug("%s stays longer than needed", file.path)

    # Recovery

    def recover(self, take: Callable[[Group], None]) -> None:
        """Call `take` with every group that SQLite has not taken over, in order.

        Raises StorageCorrupt if something is missing or damaged, OSError if it cannot be read.
        """
        # A process that died may have left what only the machine's memory knows. It becomes
        # visible now; so it must not be lost if the machine dies next.
        self.sync()
        order = sorted(range(2), key=lambda at: self._first_serial(self._pair[at]))
        behind: list[Head] = []
        ends = [0, 0]
        useful = [False, False]
        for at in order:
            file = self._pair[at]
            for head, payload, end in self._walk(file):
                if head.serial > self._applied:
                    if (head.serial, head.previous) != (self.serial + 1, self.check):
                        break
                    take(decode(head, payload))
                    self.serial, self.check = head.serial, head.check
                    useful[at] = True
                    self._current = at
                ends[at] = end
            behind += self._search(file, ends[at])
        for head in behind:
            if head.serial > self.serial and head.synced > self.serial:
                raise StorageCorrupt(
                    f"{self._files.folder}/journal-* is damaged: record {self.serial + 1} was on"
                    f" the disk and is missing, while {head.serial} is there; restore a backup"
                )
        self.synced_serial = self.serial
        for at, file in enumerate(self._pair):
            if not useful[at] and file.size:
                self._disk.truncate(file.handle, 0)
                file.size = 0
        self.used = ends[self._current] if useful[self._current] else 0

    def _first_serial(self, file: _File) -> int:
        head = read_head(self._disk.read(file.handle, HEAD_BYTES, 0))
        return 0 if head is None else head.serial

    def _walk(self, file: _File) -> Iterator[tuple[Head, bytes, int]]:
        """The records from the file's beginning on, as far as they follow on each other; where
        each ends."""
        at = 0
        before: Head | None = None
        while (found := self._sound(file, at)) is not None:
            head, payload = found
            if before is not None:
                if (head.serial, head.previous) != (before.serial + 1, before.check):
                    return
            before = head
            at += HEAD_BYTES + head.length
            yield head, payload, at

    def _sound(self, file: _File, at: int) -> tuple[Head, bytes] | None:
        head = read_head(self._disk.read(file.handle, HEAD_BYTES, at))
        if head is None or at + HEAD_BYTES + head.length > file.size:
            return None
        payload = self._disk.read(file.handle, head.length, at + HEAD_BYTES)
        return (head, payload) if is_sound(head, payload, self._secret) else None

    def _search(self, file: _File, start: int) -> Iterator[Head]:
        """Sound records that SQLite has not taken over, anywhere behind `start`."""
        overlap = HEAD_BYTES - 1
        for low in range(start, file.size, _SEARCH_BYTES):
            data = self._disk.read(file.handle, _SEARCH_BYTES + overlap, low)
            at = data.find(MAGIC)
            while 0 <= at < _SEARCH_BYTES:
                head = read_head(data, at)
                if head is not None and head.serial > self._applied:
                    found = self._sound(file, low + at)
                    if found is not None:
                        yield found[0]
                at = data.find(MAGIC, at + 1)
