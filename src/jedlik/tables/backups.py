"""Which backups there are, and the jobs that make and restore them.

Keyspace, in a space of the database's own:

    (BACKUPS_SPACE, token of "backups|account|region", backup id, "") -> Backup as JSON
    (BACKUPS_SPACE, token of "jobs", job id, "")                      -> Job as JSON

A backup is an image: a space that holds a table's items as they were at one instant. That of a
table which was deleted with point-in-time recovery on (kind SYSTEM) is the table's own space, kept
along with its log, so that its past stays restorable, too. Ids begin with the time, so they list in
order of creation.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from hashlib import blake2b
from typing import Literal

import msgspec

from jedlik.storage.waist import ABSENT, ANY, Batch, Delete, Engine, Key, Put
from jedlik.tables.clock import VersionSource
from jedlik.tables.errors import Contended
from jedlik.tables.keys import Key as ItemKey
from jedlik.tables.model import KeySchema, Table

BACKUPS_SPACE = 5
RETRIES_MAX = 10
PAGE_ITEMS = 200
PAGE_BYTES = 8 << 20

_JOBS_TOKEN = b"jobs".ljust(16, b"\0")


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """One backup. `table` is the table as it was; `at_ms` the instant that the image shows."""

    id: str
    name: str
    kind: Literal["USER", "SYSTEM"]
    table: Table
    space: int
    at_ms: int
    status: Literal["CREATING", "AVAILABLE"] = "CREATING"
    rows: int = 0
    size_bytes: int = 0
    expires_at_ms: int | None = None

    @property
    def arn(self) -> str:
        """The backup's Amazon resource name."""
        return f"{self.table.arn}/backup/{self.id}"

    @property
    def key(self) -> Key:
        """Where its row is."""
        return backup_key(self.table.account, self.table.region, self.id)

    @property
    def row(self) -> bytes:
        """What its row holds."""
        return _encode(self)


class Source(msgspec.Struct, frozen=True):
    """Where an image is taken from: rows, and the log of what happened to them since."""

    space: int
    log_space: int
    parts: int
    keys: KeySchema


class Span(msgspec.Struct, frozen=True):
    """The rows of one partition key, all or those within bounds of the sort key, as
    `Engine.range` takes them."""

    token: bytes
    low: bytes | None = None
    high: bytes | None = None
    low_open: bool = False
    high_open: bool = False

    def holds(self, key: ItemKey) -> bool:
        """Whether an item's place is in it."""
        token, sort = key
        if token != self.token:
            return False
        if self.low is not None and (sort <= self.low if self.low_open else sort < self.low):
            return False
        if self.high is None:
            return True
        return sort < self.high if self.high_open else sort <= self.high


class Target(msgspec.Struct, frozen=True):
    """The table that an image is loaded into."""

    account: str
    region: str
    name: str
    id: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One backup, restore or image for an export under way, and the place that was reached.

    phase: "copy" the rows of `source` to `space`, "undo" what happened to them after
    `version_max`, "load" them into `target`, in this order. account, region, table: what it is
    taken from; the target may be in another region. `source` None: the image is there
    already. `at_ms`: the time of `version_max`, `from_ms` that of `version_min`. `keeps`: whether
    the image stays (it is a backup's). `waits`: the image is for somebody else, who forgets it when
    done with it (`recovery.drop_image`); until then its phase is "ready". Instead of copying,
    "collect" gathers what changed after `version_min` (`net_changes.py`). `span`: the image is of
    these rows only.
    """

    id: str
    account: str
    region: str
    table: str
    phase: Literal["copy", "undo", "load", "collect", "ready"]
    space: int
    keeps: bool
    source: Source | None = None
    span: Span | None = None
    held: bool = False
    version_max: int = 0
    at_ms: int = 0
    version_min: int = 0
    from_ms: int = 0
    waits: bool = False
    backup: str | None = None
    target: Target | None = None
    after: bytes = b""
    part: int = 0
    before: int = -1
    version: int = ANY
    """Of its row when it was read; what a step writes is guarded by it, so that of two processes
    which both believe that a job is theirs one alone gets on with it."""

    @property
    def key(self) -> Key:
        """Where its row is."""
        return (BACKUPS_SPACE, _JOBS_TOKEN, self.id.encode(), b"")

    @property
    def put(self) -> Put:
        """Its row, to be committed along with the work that it tells of."""
        return Put(self.key, self.version, _encode(self))

    @property
    def delete(self) -> Delete:
        """The end of it."""
        return Delete(self.key, self.version)


_encode = msgspec.json.Encoder().encode
_decode_backup = msgspec.json.Decoder(Backup).decode
_decode_job = msgspec.json.Decoder(Job).decode


class Backups:
    """Look-up of backups and jobs, and their guarded changes."""

    def __init__(self, engine: Engine, versions: VersionSource) -> None:
        self._engine = engine
        self._versions = versions

    async def get(self, account: str, region: str, backup_id: str) -> Backup | None:
        """The backup of that id, or None."""
        row = await self._engine.get_one(backup_key(account, region, backup_id))
        return None if row is None else _decode_backup(row.value)

    async def job(self, job_id: str) -> Job | None:
        """The job of that id, or None."""
        row = await self._engine.get_one((BACKUPS_SPACE, _JOBS_TOKEN, job_id.encode(), b""))
        if row is None:
            return None
        return msgspec.structs.replace(_decode_job(row.value), version=row.version)

    async def page(
        self,
        account: str,
        region: str,
        *,
        after: str | None = None,
        limit: int = PAGE_ITEMS,
    ) -> tuple[list[Backup], bool]:
        """Up to `limit` backups by id from the one after `after` on; and whether there are more."""
        page = await self._engine.range(
            BACKUPS_SPACE,
            _token(account, region),
            None,
            None,
            after=(after.encode(), b"") if after is not None else None,
            item_limit=limit,
            byte_limit=PAGE_BYTES,
        )
        return [_decode_backup(entry.value) for entry in page.entries], page.more

    async def all(self) -> AsyncIterator[Backup]:
        """Every backup of every account and region; for workers."""
        after: tuple[bytes, bytes, bytes] | None = None
        while True:
            page = await self._engine.scan(
                BACKUPS_SPACE, b"", None, after=after, item_limit=PAGE_ITEMS, byte_limit=PAGE_BYTES
            )
            for entry in page.entries:
                if entry.token != _JOBS_TOKEN:
                    yield _decode_backup(entry.value)
            if not page.more:
                return
            last = page.entries[-1]
            after = (last.token, last.sort, last.sub)

    async def jobs(self) -> list[Job]:
        """Every job that is not finished, oldest first."""
        found: list[Job] = []
        after: tuple[bytes, bytes] | None = None
        while True:
            page = await self._engine.range(
                BACKUPS_SPACE,
                _JOBS_TOKEN,
                None,
                None,
                after=after,
                item_limit=PAGE_ITEMS,
                byte_limit=PAGE_BYTES,
            )
            found += [
                msgspec.structs.replace(_decode_job(entry.value), version=entry.version)
                for entry in page.entries
            ]
            if not page.more:
                return found
            after = (page.entries[-1].sort, page.entries[-1].sub)

    async def of_region(
        self, account: str, region: str, *, after: str | None = None
    ) -> AsyncIterator[Backup]:
        """Every backup of an account and region in order, from the one after the id `after` on."""
        more = True
        while more:
            page, more = await self.page(account, region, after=after)
            for backup in page:
                after = backup.id
                yield backup

    async def of_deleted(self, account: str, region: str, table: str) -> Backup | None:
        """What was kept of the table of that name that was deleted last, or None."""
        found: Backup | None = None
        async for backup in self.of_region(account, region):
            if backup.kind == "SYSTEM" and backup.table.name == table:
                found = backup
        return found

    async def holds_log(self, account: str, region: str, log_space: int) -> bool:
        """Whether the log of a deleted table is kept for its backup."""
        async for backup in self.of_region(account, region):
            if backup.kind == "SYSTEM" and backup.table.log_space == log_space:
                return True
        return False

    async def update(
        self, backup: Backup, change: Callable[[Backup], Backup | None]
    ) -> Backup | None:
        """Store what `change` makes of the backup as it is now; None deletes it.

        Raises Contended when others are always faster. Returns what is stored.
        """
        for _ in range(RETRIES_MAX):
            row = await self._engine.get_one(backup.key, pending=True)
            if row is None:
                return None
            changed = change(_decode_backup(row.value))
            write = (
                Delete(backup.key, row.version)
                if changed is None
                else Put(backup.key, row.version, changed.row)
            )
            version = self._versions.next(row.version)
            if await self._engine.commit(Batch(version, (write,))) is None:
                return changed
        raise Contended

    async def add(self, *puts: Put) -> None:
        """Store rows that are not there yet."""
        rows = [Put(put.key, ABSENT, put.value) for put in puts]
        if await self._engine.commit(Batch(self._versions.next(), rows)) is not None:
            raise Contended


def new_id(at_ms: int, version: int) -> str:
    """An id that is unique for the store and the same in a replayed run, in AWS's form."""
    digest = blake2b(version.to_bytes(8, "big"), digest_size=4).hexdigest()
    return f"{at_ms:014d}-{digest}"


def source_of(table: Table) -> Source:
    """Where the past of a table is found."""
    return Source(table.space, table.log_space, table.parts, table.keys)


def backup_key(account: str, region: str, backup_id: str) -> Key:
    """Where a backup's row is."""
    return (BACKUPS_SPACE, _token(account, region), backup_id.encode(), b"")


def _token(account: str, region: str) -> bytes:
    return blake2b(f"backups|{account}|{region}".encode(), digest_size=16).digest()
