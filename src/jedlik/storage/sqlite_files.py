"""The folder of the SQLite engine: its lock, its file, its schema; and what errors mean.

    FOLDER/lock            held with flock by the one process that uses the folder; its pid inside
    FOLDER/store.sqlite    and store.sqlite-wal, store.sqlite-shm beside it
    FOLDER/journal-0, -1   what is durable and not in store.sqlite yet (see `sqlite_journal.py`)

    kv(space, token, sort, sub, ver, val)            rows
    streams(number, space, part, trimmed, swept)     logs: seq ≤ trimmed is forgotten,
                                                     seq ≤ swept is also deleted
    log(id, record)                                  id = number << 40 | seq
    tallies(space, rows, bytes)
    drops(space)                                     spaces dropped but not yet swept
    marker(id, serial, overwritten)                  1: serial is what no version exceeds
                                                     2: serial and check of the last record of
                                                        the journal that is in these tables
                                                     3: serial is the journal's secret number

The log is a table by rowid, because rows beyond a quarter page spill in one WITHOUT ROWID.
Never close a descriptor of the database file that is not SQLite's while SQLite has it open in this
process: that would release SQLite's POSIX locks.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

import apsw

from jedlik.storage.sqlite_disk import Disk, sync_in_pieces
from jedlik.storage.waist import (
    FolderLocked,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageOutdated,
    StorageReadOnly,
)

SEQ_BITS = 40  # of a log id: a million million entries per stream, eight million streams

_SQLITE_MIN = (3, 51, 3)  # earlier ones can corrupt a WAL that several connections use
_FORMAT = 2  # 1 had no journal
_APPLICATION_ID = 0x4A45444C  # "JEDL"
_MOVING_ID = 0x4A45444D  # a store that is still being moved in (`moving_sqlite.py`)
PAGE_BYTES = 8192
READ_CACHE_KB = 8 << 10  # SQLite empties it whenever something was written
WRITE_CACHE_KB = 16 << 10
_WAL_KEPT_BYTES = 64 << 20  # what a restarted log may keep of its file
BUSY_MS = 5000
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)

_SCHEMA = f"""
CREATE TABLE kv(
    space INTEGER NOT NULL, token BLOB NOT NULL, sort BLOB NOT NULL, sub BLOB NOT NULL,
    ver INTEGER NOT NULL, val BLOB NOT NULL, PRIMARY KEY(space, token, sort, sub)
) WITHOUT ROWID;
CREATE TABLE streams(
    number INTEGER PRIMARY KEY, space INTEGER NOT NULL, part INTEGER NOT NULL,
    trimmed INTEGER NOT NULL DEFAULT 0, swept INTEGER NOT NULL DEFAULT 0, UNIQUE(space, part)
);
CREATE TABLE log(id INTEGER PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE tallies(space INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE drops(space INTEGER PRIMARY KEY);
CREATE TABLE marker(id INTEGER PRIMARY KEY, serial INTEGER NOT NULL, overwritten INTEGER NOT NULL);
PRAGMA application_id = {_APPLICATION_ID};
"""
_JOURNAL = f"""
INSERT INTO marker VALUES (2, 0, 0), (3, abs(random() / 2), 0);
PRAGMA user_version = {_FORMAT};
"""
_MOVING = f"""
CREATE TABLE moving(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
PRAGMA application_id = {_MOVING_ID};
"""


class Files:
    """The locked folder. `connect` opens one more connection to its file."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """Lock the folder. Raises FolderLocked, StorageReadOnly, StorageFull, StorageOutdated."""
        refuse_old_sqlite(apsw.sqlite_lib_version())
        self.folder = folder
        self.path = folder / "store.sqlite"
        self.wal_path = folder / "store.sqlite-wal"
        self.disk = disk
        self.keeps_log = False
        """The database file has not all that SQLite believes it has: the log must stay."""
        self._handles: dict[Path, int] = {}
        self._lock = _lock_folder(folder)

    def connect(self, cache_kb: int = 1 << 10, *, synchronous: str = "FULL") -> apsw.Connection:
        """A connection with the settings that all share; raises what `storage_error` makes.

        synchronous: as SQLite's pragma has it. Who takes less than FULL syncs by `sync`.
        """
        connection = apsw.Connection(str(self.path), vfs=self.disk.vfs, statementcachesize=200)
        connection.set_busy_timeout(BUSY_MS)
        try:
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # heeded by an empty file only
            connection.execute(f"PRAGMA cache_size = -{cache_kb}")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
            connection.execute("PRAGMA temp_store = MEMORY")
        except apsw.Error as error:
            failure = self.storage_error(error, connection)
            connection.close()
            raise failure from error
        return connection

    def prepare(self, connection: apsw.Connection) -> None:
        """Make the file ready, through the first connection to it.

        Keep that one open: SQLite copies the whole log whenever the last connection closes, and
        after a crash the log may be long. Raises StorageCorrupt, StorageOutdated.
        """
        if not connection.execute("SELECT count(*) FROM sqlite_schema").get:
            connection.execute("BEGIN IMMEDIATE;" + _SCHEMA + _JOURNAL + "COMMIT")
        elif connection.pragma("application_id") == _MOVING_ID:
            raise StorageError(
                f"{self.folder} is the target of an unfinished `jedlik migrate`: run that again,"
                " or remove the folder"
            )
        elif connection.pragma("application_id") != _APPLICATION_ID:
            raise StorageCorrupt(f"{self.path} is a database, but not one of Jedlik's")
        elif connection.pragma("user_version") > _FORMAT:
            raise StorageOutdated(f"{self.path} was written by a newer Jedlik; use that one")
        elif connection.pragma("user_version") < _FORMAT:
            connection.execute("BEGIN IMMEDIATE;" + _JOURNAL + "COMMIT")
        if connection.pragma("journal_mode", "wal") != "wal":
            raise StorageError(f"{self.path} cannot use a write-ahead log here")

    def prepare_move(self, connection: apsw.Connection) -> bool:
        """Make an empty file the target of a move, or find one that is; False if it is neither."""
        if not connection.execute("SELECT count(*) FROM sqlite_schema").get:
            connection.execute("BEGIN IMMEDIATE;" + _SCHEMA + _JOURNAL + _MOVING + "COMMIT")
        elif connection.pragma("application_id") != _MOVING_ID:
            return False
        if connection.pragma("journal_mode", "wal") != "wal":
            raise StorageError(f"{self.path} cannot use a write-ahead log here")
        return True

    def end_move(
        self, connection: apsw.Connection, version_floor: int, dropped: Sequence[int]
    ) -> None:
        """Make the target of a move a store, durably."""
        with connection:
            connection.execute("INSERT OR REPLACE INTO marker VALUES (1, ?, 0)", (version_floor,))
            connection.executemany(
                "INSERT OR IGNORE INTO drops VALUES (?)", [(space,) for space in dropped]
            )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(
            f"BEGIN IMMEDIATE; DROP TABLE moving; PRAGMA application_id = {_APPLICATION_ID}; COMMIT"
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.sync_folder()

    def sync_folder(self) -> None:
        """Make the names of new files durable: the folder's own, and those in it."""
        for path in (self.folder, self.folder.parent):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def sync(self, path: Path) -> None:
        """Have what SQLite has written to a file of its own on the disk, a little at a time.
        Raises OSError."""
        if path not in self._handles:
            self._handles[path] = self.disk.open(path)
        sync_in_pieces(self.disk, self._handles[path])

    def sync_left(self) -> None:
        """Have on the disk what a process that died may have written to SQLite's log only: it
        counts as taken over, and the journal forgets it. Raises OSError."""
        if self.wal_path.exists():
            self.sync(self.wal_path)

    def close(self, connections: Sequence[apsw.Connection]) -> None:
        """Close the connections, the last one first, and let go of the folder."""
        for connection in reversed(connections):
            if self.keeps_log:
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.close()
        self.unlock()

    def unlock(self) -> None:
        """Let go of the folder, of which no connection is open."""
        for handle in self._handles.values():
            self.disk.close(handle)
        self._handles.clear()
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)  # a pid that is left would one day be someone else's
            os.close(self._lock)
            self._lock = -1

    def storage_error(
        self, error: Exception, connection: apsw.Connection | None = None
    ) -> StorageError:
        """What `error` means for the operator: its kind, the folder, and SQLite's own words."""
        number = 0
        if isinstance(error, OSError):
            number = error.errno or 0
        elif isinstance(error, (apsw.IOError, apsw.CantOpenError)) and connection is not None:
            number = connection.system_errno
        if isinstance(error, apsw.FullError) or number in _FULL:
            return StorageFull(f"no space left for {self.folder} ({error})")
        if isinstance(error, apsw.ReadOnlyError) or number in _READ_ONLY:
            return StorageReadOnly(f"{self.folder} may not be written ({error})")
        if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
            return StorageCorrupt(f"{self.path} is damaged or not a database ({error})")
        if isinstance(error, apsw.BusyError):
            return StorageError(f"another program holds the write lock of {self.path} ({error})")
        return StorageError(f"{self.path}: {error}")


def empty_log(connection: apsw.Connection) -> None:
    """Have all of the write-ahead log in the database file, each step synced by SQLite itself, and
    cut it off. Raises apsw.Error; BusyError if a reader is in the way."""
    usual = connection.pragma("synchronous")
    connection.execute("PRAGMA synchronous = FULL")
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    finally:
        connection.execute(f"PRAGMA synchronous = {usual}")


def refuse_old_sqlite(version: str) -> None:
    if tuple(int(part) for part in version.split(".")[:3]) < _SQLITE_MIN:
        wanted = ".".join(map(str, _SQLITE_MIN))
        raise StorageOutdated(
            f"SQLite {version} can corrupt its log; {wanted} or newer is needed (upgrade apsw)"
        )


def _lock_folder(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno in _READ_ONLY:
            raise StorageReadOnly(f"{folder} may not be written ({error.strerror})") from error
        if error.errno in _FULL:
            raise StorageFull(f"no space left for {folder} ({error.strerror})") from error
        raise StorageError(f"{folder} cannot be used ({error.strerror})") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(lock)
        raise FolderLocked(
            f"the data folder {folder} is in use by process {holder};"
            " stop it, or choose another folder"
        ) from error
    try:
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())
    except OSError:
        pass  # on a full disk: the pid only makes another process's message better
    return lock
