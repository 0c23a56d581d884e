"""The ends of a move that are folders: SQLite's tables, read and written directly.

Whatever the journal still holds is taken over by opening and closing the engine once; then the
folder is locked again, and stays so until the move has ended. The target's file bears another
mark than a store's, so that no Jedlik opens it before it is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import apsw

from jedlik.storage.moving import PAGE_BYTES, PAGE_ROWS, Marks
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.sqlite_disk import RealDisk
from jedlik.storage.sqlite_files import SEQ_BITS, Files
from jedlik.storage.sqlite_journal import NAMES
from jedlik.storage.sqlite_reader import Reader
from jedlik.storage.waist import Entry, LogBounds, LogEntry, Page, Stats, StorageError

STORE = "store.sqlite"
OWN_FILES = (STORE, f"{STORE}-wal", f"{STORE}-shm", "lock", *NAMES)
_ATTEMPTS = 3
_CACHE_KB = 32 << 10
_CHECKPOINT_PAGES = 4000

_NEXT_SPACE = """SELECT min(space) FROM (
    SELECT min(space) AS space FROM kv WHERE space > :after
    UNION ALL SELECT min(space) FROM streams WHERE space > :after
    UNION ALL SELECT min(space) FROM tallies WHERE space > :after)"""
_LANES = "SELECT part FROM streams WHERE space = ? ORDER BY part"
_PUT = "INSERT INTO kv VALUES (?, ?, ?, ?, ?, ?)"
_PUT_RECORD = "INSERT INTO log VALUES (?, ?)"
_STREAM = "SELECT number FROM streams WHERE space = ? AND part = ?"
_NEW_STREAM = (
    "INSERT INTO streams(number, space, part)"
    " SELECT coalesce(max(number), 0) + 1, ?, ? FROM streams RETURNING number"
)
_TRIMMED = "UPDATE streams SET trimmed = ?, swept = ? WHERE number = ?"
_MARK = "INSERT OR REPLACE INTO moving VALUES (?, ?)"


class SqliteEnd:
    """Reads a locked folder; nothing changes it meanwhile."""

    def __init__(self, files: Files, connection: apsw.Connection) -> None:
        self.label = str(files.folder)
        self._files = files
        self._connection = connection
        self._reader = Reader(connection)

    async def spaces(self) -> list[int]:
        gone = set(await self.dropped())
        found: list[int] = []
        at: int | None = -1
        while (at := self._connection.execute(_NEXT_SPACE, {"after": at}).get) is not None:
            if at not in gone:
                found.append(at)
        return found

    async def dropped(self) -> list[int]:
        return [row[0] for row in self._connection.execute("SELECT space FROM drops")]

    async def rows(self, space: int, after: tuple[bytes, bytes, bytes] | None) -> Page:
        try:
            return self._reader.scan(space, b"", None, after, PAGE_ROWS, PAGE_BYTES)
        except apsw.Error as error:
            raise self._files.storage_error(error, self._connection) from error

    async def lanes(self, space: int) -> dict[int, LogBounds]:
        rows: list[Any] = self._connection.execute(_LANES, (space,)).fetchall()
        found = {row[0]: self._reader.log_bounds(space, row[0]) for row in rows}
        return {lane: bounds for lane, bounds in found.items() if bounds != (1, 0)}

    async def log(self, space: int, lane: int, after: int) -> list[LogEntry]:
        try:
            return self._reader.log_read(space, lane, after, PAGE_ROWS, PAGE_BYTES)
        except apsw.Error as error:
            raise self._files.storage_error(error, self._connection) from error

    async def stats(self, space: int) -> Stats:
        return self._reader.stats(space)

    async def version_floor(self) -> int:
        return self._reader.version_ceiling()

    async def close(self) -> None:
        self._connection.close()
        self._files.unlock()


class SqliteSource(SqliteEnd):
    @classmethod
    async def open(cls, folder: Path) -> SqliteSource:
        """Raises FolderLocked, StorageCorrupt, …, or StorageError where there is no store."""
        if not (folder / STORE).exists():
            raise StorageError(f"there is no store in {folder}")
        for _ in range(_ATTEMPTS):
            engine = SqliteEngine.open(folder)
            await engine.close()
            files = Files(folder, RealDisk())
            if not any((folder / name).exists() for name in NAMES):
                break
            files.unlock()  # somebody was quick to use it in between
        else:
            raise StorageError(f"the journal in {folder} cannot be taken over; is its disk full?")
        connection = None
        try:
            connection = files.connect(_CACHE_KB)
            files.prepare(connection)
            return cls(files, connection)
        except BaseException:
            if connection is not None:
                connection.close()
            files.unlock()
            raise


class SqliteTarget(SqliteEnd):
    @classmethod
    async def open(cls, folder: Path) -> SqliteTarget:
        """A new store, or an unfinished move. Raises StorageError if there is anything else."""
        files = Files(folder, RealDisk())
        connection = None
        try:
            if any((folder / name).exists() for name in NAMES):
                raise StorageError(_not_empty(folder))
            connection = files.connect(_CACHE_KB)
            if not files.prepare_move(connection):
                raise StorageError(_not_empty(folder))
            # A kill loses nothing of this; a power cut the last pages, with their marks.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            return cls(files, connection)
        except BaseException as fault:
            told = files.storage_error(fault, connection) if isinstance(fault, apsw.Error) else None
            if connection is not None:
                connection.close()
            files.unlock()
            if told is not None:
                raise told from fault
            raise

    async def marks(self) -> dict[str, bytes]:
        found: list[Any] = self._connection.execute("SELECT name, value FROM moving").fetchall()
        return dict(found)

    async def clear(self, marks: Marks) -> None:
        tables = ("kv", "log", "streams", "tallies", "drops", "moving")
        self._write([(f"DELETE FROM {table}", [()]) for table in tables], marks)

    async def put_rows(self, space: int, entries: Sequence[Entry], marks: Marks) -> None:
        self._write([(_PUT, [(space, *entry) for entry in entries])], marks)

    async def put_log(
        self, space: int, lane: int, entries: Sequence[LogEntry], marks: Marks
    ) -> None:
        base = self._stream(space, lane) << SEQ_BITS
        self._write([(_PUT_RECORD, [(base + seq, record) for seq, record in entries])], marks)

    async def put_ends(
        self, space: int, lanes: Mapping[int, LogBounds], stats: Stats, marks: Marks
    ) -> None:
        ends = [
            (bounds.first - 1, bounds.first - 1, self._stream(space, lane))
            for lane, bounds in lanes.items()
        ]
        tallies = [(space, *stats)] if stats != (0, 0) else []
        self._write(
            [(_TRIMMED, ends), ("INSERT OR REPLACE INTO tallies VALUES (?, ?, ?)", tallies)], marks
        )

    async def finish(self, version_floor: int, dropped: Sequence[int]) -> None:
        try:
            self._files.end_move(self._connection, version_floor, dropped)
        except apsw.Error as error:
            raise self._files.storage_error(error, self._connection) from error

    def _stream(self, space: int, lane: int) -> int:
        """The number of a log, made when first asked for."""
        found: int | None = self._connection.execute(_STREAM, (space, lane)).get
        if found is None:
            found = self._connection.execute(_NEW_STREAM, (space, lane)).get
            assert found is not None
        return found

    def _write(self, work: Sequence[tuple[str, Sequence[tuple[Any, ...]]]], marks: Marks) -> None:
        try:
            with self._connection:
                for statement, bindings in work:
                    self._connection.executemany(statement, bindings)
                self._connection.executemany(_MARK, list(marks.items()))
        except apsw.Error as error:
            raise self._files.storage_error(error, self._connection) from error


def _not_empty(folder: Path) -> str:
    return f"{folder} holds a store already; a move needs an empty folder"
