"""Exports, imports and bulk puts: what is kept of them, in the internal table of that name.

    ("transfers|kind|account|region", id)          -> Transfer
    ("active", kind|account|region|id)             -> Active: `workers/transfers.py` has it to do
    ("begun", kind|account|region)                 -> the id of the last that began
    ("tokens|kind|account|region", client token)   -> Used
    ("files|id", number)                           -> a line of manifest-files.json

Every step of the work stores the place it reached, so that it goes on after a restart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from jedlik.api.errors import ApiError
from jedlik.services.dynamodb.callers import Caller
from jedlik.tables.backups import new_id
from jedlik.tables.clock import VERSIONS_PER_MS, last_version_of
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.instants import LEAD_MS_MIN
from jedlik.tables.internal import Change, InternalTable, Record
from jedlik.tables.model import Table

TABLE = "dynamodb_transfers"
TOKEN_LIFE_MS = 8 * 3_600_000
"""How long a client token is remembered (API reference)."""
LISTED_MS = 90 * 24 * 3_600_000
"""How long finished work is listed (API reference)."""
RETRIES_MAX = 20
ROUNDS_MAX = 2000
"""Of those that begin at the same moment one is stored in each round."""
LOG_GROUP = "/aws-dynamodb/imports"
"""Where imports tell of their errors."""
Kind = Literal["export", "import", "bulk"]


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One export, import or bulk put.

    request: as the client sent it. at_ms, from_ms: an export tells what was written before `at_ms`;
    an incremental one, what was from `from_ms` on. version_max, version_min: the last version of
    the one, and the last before the other. stage: what the worker is at. after: the place
    in an export's image. key, records: the object of an import that is being read, and how many of
    its records are done; objects before `key` are done.
    """

    kind: Kind
    account: str
    region: str
    id: str
    table: str
    table_arn: str
    table_id: str
    request: dict[str, Any]
    start_ms: int
    token: str | None = None
    caller: Caller | None = None
    status: str = "IN_PROGRESS"
    stage: str = "begin"
    end_ms: int | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    at_ms: int = 0
    from_ms: int = 0
    version_max: int = 0
    version_min: int = 0
    after: bytes = b""
    files: int = 0
    key: str = ""
    records: int = 0
    processed: int = 0
    imported: int = 0
    errors: int = 0
    size_bytes: int = 0
    total_bytes: int | None = None
    usage: dict[str, int] = {}

    @property
    def arn(self) -> str:
        """Its Amazon resource name. Unverified: that of bulk operations."""
        word = "bulk-operation" if self.kind == "bulk" else self.kind
        return f"{self.table_arn}/{word}/{self.id}"

    @property
    def done(self) -> bool:
        return self.end_ms is not None


class Written(dict[str, int]):
    """By id, how many items of an export are written so far, those of its unfinished file
    included; kept in memory beside the tables."""


class Used(msgspec.Struct, frozen=True):
    """A client token that was used."""

    id: str
    fingerprint: str
    at_ms: int


class Active(msgspec.Struct, frozen=True):
    """What is known of one that is under way without reading it. bytes: how large it is."""

    bytes: int = 0


class AtOnce(msgspec.Struct, frozen=True):
    """How many may be under way together, and how large they may be together."""

    count: int
    bytes: int = 1 << 62


class Mismatch(Exception):
    """The client token was used for another request."""


class TooMany(Exception):
    """So many, or so large ones, are under way already."""


class Transfers:
    """Those of one kind, account and region."""

    def __init__(self, db: Database, kind: Kind, account: str, region: str) -> None:
        self._db = db
        self._kind = kind
        self._account, self._region = account, region
        self._place = f"{kind}|{account}|{region}"
        self.table = InternalTable(db, TABLE)

    @property
    def _group(self) -> str:
        return f"transfers|{self._place}"

    async def get(self, transfer_id: str) -> Transfer | None:
        row = await self.table.get(self._group, transfer_id)
        return None if row is None else msgspec.json.decode(row.document, type=Transfer)

    async def all(self) -> list[Transfer]:
        """All that are still listed, newest first."""
        oldest_ms = self._db.clock.now_ms() - LISTED_MS
        rows = await self.table.range(self._group, low=f"{oldest_ms:014d}")
        return [msgspec.json.decode(row.document, type=Transfer) for row in reversed(rows)]

    async def used(self, token: str | None, request: dict[str, Any]) -> Transfer | None:
        """What this client token began; raises Mismatch if that was another request."""
        if token is None:
            return None
        row = await self.table.get(f"tokens|{self._place}", token)
        if row is None:
            return None
        used = msgspec.json.decode(row.document, type=Used)
        if used.at_ms + TOKEN_LIFE_MS < self._db.clock.now_ms():
            return None
        if used.fingerprint != fingerprint(request):
            raise Mismatch(token)
        return await self.get(used.id)

    def begun(
        self, table: Table, request: dict[str, Any], now_ms: int, caller: Caller | None = None
    ) -> Transfer:
        """A new one for a table, not stored yet."""
        return Transfer(
            kind=self._kind,
            account=self._account,
            region=self._region,
            id=new_id(self._db.clock.now_ms(), self._db.versions.next()),
            table=table.name,
            table_arn=table.arn,
            table_id=table.id,
            request=request,
            start_ms=now_ms,
            token=request.get("ClientToken"),
            caller=caller,
        )

    async def add(
        self, new: Transfer, *, size_bytes: int = 0, at_once: AtOnce | None = None
    ) -> None:
        """Store one, to be worked on.

        Raises Contended if its token is used at the same time; TooMany if with it there were more
        than `at_once`. Every one that is stored replaces the row of the last, so that none can
        begin between the count and the write.
        """
        for _ in range(ROUNDS_MAX):
            last = await self.table.get("begun", self._place)
            await self.check(at_once, size_bytes=size_bytes)
            changes = [
                Change(self._group, new.id, msgspec.json.encode(new)),
                Change("active", self._name(new.id), msgspec.json.encode(Active(size_bytes))),
                Change("begun", self._place, msgspec.json.encode(new.id), seen=last),
            ]
            old = None
            if new.token is not None:
                used = Used(new.id, fingerprint(new.request), new.start_ms)
                old = await self.table.get(f"tokens|{self._place}", new.token)
                changes.append(
                    Change(f"tokens|{self._place}", new.token, msgspec.json.encode(used), seen=old)
                )
            try:
                await self.table.write(*changes)
            except Contended:
                if new.token is not None:
                    now = await self.table.get(f"tokens|{self._place}", new.token)
                    if (now and now.document) != (old and old.document):
                        raise
                continue
            self._db.transfer_work.set()
            return
        raise Contended

    async def check(self, at_once: AtOnce | None, *, size_bytes: int = 0) -> None:
        """Raise TooMany if one more of this size would be too many."""
        if at_once is not None:
            running = await self.running()
            total = size_bytes + sum(each.bytes for each in running.values())
            if len(running) >= at_once.count or total > at_once.bytes:
                raise TooMany

    async def running(self) -> dict[str, Active]:
        """Those under way, by id."""
        rows = await self.table.range("active", low=f"{self._place}|", high=f"{self._place}|~")
        return {
            row.name.rpartition("|")[2]: msgspec.json.decode(row.document, type=Active)
            for row in rows
        }

    async def sized(self, transfer_id: str, size_bytes: int) -> Change:
        """The change that tells others how large one is."""
        seen = await self.table.get("active", self._name(transfer_id))
        return Change(
            "active", self._name(transfer_id), msgspec.json.encode(Active(size_bytes)), seen=seen
        )

    def _name(self, transfer_id: str) -> str:
        return f"{self._place}|{transfer_id}"

    async def store(self, old: Transfer, new: Transfer, also: Sequence[Change] = ()) -> Transfer:
        """Replace one, that must still be `old`; raises Contended."""
        await self.table.write(*await self.storing(old, new, also))
        return new

    async def storing(
        self, old: Transfer, new: Transfer, also: Sequence[Change] = ()
    ) -> list[Change]:
        """The changes that replace one, and fail if it is not `old` any more; raises Contended."""
        row = await self.table.get(self._group, old.id)
        if row is None or msgspec.json.decode(row.document, type=Transfer) != old:
            raise Contended
        changes = [Change(self._group, old.id, msgspec.json.encode(new), seen=row), *also]
        if new.done and not old.done:
            active = await self.table.get("active", self._name(old.id))
            changes.append(Change("active", self._name(old.id), None, seen=active))
        return changes

    async def files(self, transfer_id: str) -> list[Record]:
        """The lines of an export's manifest, in order."""
        return await self.table.range(f"files|{transfer_id}")


async def active(db: Database) -> list[Transfer]:
    """All that is to be worked on; nothing is made where nobody has asked for anything yet."""
    table = InternalTable(db, TABLE)
    if not await table.exists():
        return []
    found = []
    for row in await table.range("active"):
        kind, account, region, transfer_id = row.name.split("|")
        transfer = await Transfers(db, kind, account, region).get(transfer_id)  # type: ignore[arg-type]
        if transfer is not None:
            found.append(transfer)
    return found


def of(db: Database, transfer: Transfer) -> Transfers:
    """Where a transfer is kept."""
    return Transfers(db, transfer.kind, transfer.account, transfer.region)


def cut(db: Database) -> int:
    """A millisecond that begins now: all that was written has versions of earlier ones, and nothing
    that is written from now on has."""
    at_ms = latest(db) + 1
    db.versions.next(last_version_of(at_ms - 1))
    return at_ms


def latest(db: Database) -> int:
    """The millisecond that it is for what is written. Where versions are far ahead of the clock,
    the time of each record decides (`tables/instants.py`), so there it is the clock's."""
    at_ms, now_ms = db.versions.next() // VERSIONS_PER_MS, db.clock.now_ms()
    return at_ms if at_ms - now_ms <= LEAD_MS_MIN else now_ms


def until(new: Transfer, at_ms: int, from_ms: int = 0) -> Transfer:
    """An export of what was written before an instant, or from one up to another."""
    return msgspec.structs.replace(
        new,
        at_ms=at_ms,
        from_ms=from_ms,
        version_max=last_version_of(at_ms - 1),
        version_min=last_version_of(from_ms - 1) if from_ms else 0,
    )


def written(db: Database) -> Written:
    """Of the exports that this process does."""
    return db.one(Written)


def encryption_of(place: Mapping[str, Any]) -> dict[str, str]:
    """What a part of a request asks of the encryption of objects, as PutObject has it."""
    algorithm = place.get("S3SseAlgorithm")
    if algorithm != "KMS":
        return {} if algorithm is None else {"ServerSideEncryption": algorithm}
    key = {"SSEKMSKeyId": place["S3SseKmsKeyId"]} if "S3SseKmsKeyId" in place else {}
    return {"ServerSideEncryption": "aws:kms", **key}


def failure_of(refusal: ApiError) -> tuple[str, str]:
    """FailureCode and FailureMessage for what S3 refused, as AWS tells it (developer guide, "Import
    format quotas and validation"), but for the ids of a request that was none."""
    return f"S3{refusal.code}", (
        f"{refusal.message or refusal.code} (Service: Amazon S3; Status Code: {refusal.status}; "
        f"Error Code: {refusal.code})"
    )


def fingerprint(request: dict[str, Any]) -> str:
    """The same for the same parameters."""
    return hashlib.sha256(msgspec.json.encode(request, order="deterministic")).hexdigest()


def file_change(transfer_id: str, number: int, line: bytes) -> Change:
    """The row of a data file."""
    return Change(f"files|{transfer_id}", f"{number:08d}", line)


def incremental(export: Transfer) -> bool:
    return export.request.get("ExportType") == "INCREMENTAL_EXPORT"


def view_type(export: Transfer) -> str:
    given = export.request.get("IncrementalExportSpecification", {})
    return str(given.get("ExportViewType", "NEW_AND_OLD_IMAGES"))


def root(export: Transfer) -> str:
    prefix = export.request.get("S3Prefix", "")
    return f"{prefix.rstrip('/')}/AWSDynamoDB/" if prefix else "AWSDynamoDB/"


def folder(export: Transfer) -> str:
    return f"{root(export)}{export.id}/"


def data_folder(export: Transfer) -> str:
    return f"{root(export) if incremental(export) else folder(export)}data/"


def manifest_key(export: Transfer) -> str:
    return folder(export) + "manifest-summary.json"
