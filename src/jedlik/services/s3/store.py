"""Store: buckets, versions and uploads as rows, and the rules by which they replace each other.

The one place where versions come and go. Everything is one guarded batch: the new version, the row
that keeps its blob, and what becomes of the version before it; a lost race is run again. The bytes
of what was replaced are dropped afterwards, by the row that no longer names them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.services.s3 import object_lock, records
from jedlik.services.s3.errors import no_such_bucket, no_such_upload
from jedlik.services.s3.records import (
    BUCKETS,
    GARBAGE,
    NULL,
    TABLE,
    Bucket,
    Garbage,
    Layout,
    Part,
    Upload,
    Version,
    decode,
    encode,
)
from jedlik.storage.blobs import Blobs
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Record

RETRIES_MAX = 100
LOCK = "object-lock"  # the configuration of that name

Condition = Callable[[Version | None], None]
"""Raises what refuses a write, given the current version (None: there is none, or a marker)."""


def no_condition(current: Version | None) -> None:
    """Any write may go ahead."""


class Store:
    """Cheap to make; holds nothing."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.table = InternalTable(db, TABLE)

    @classmethod
    def of(cls, ctx: Context) -> Store:
        return cls(ctx.db)

    @property
    def blobs(self) -> Blobs:
        assert self.db.blobs is not None, "this server keeps no objects"
        return self.db.blobs

    # Buckets

    async def bucket(self, name: str) -> Bucket:
        """Raises NoSuchBucket."""
        found = await self.find_bucket(name)
        if found is None:
            raise no_such_bucket(name)
        return found

    async def find_bucket(self, name: str) -> Bucket | None:
        row = await self.table.get(BUCKETS, name) if name else None
        return decode(Bucket, row) if row else None

    async def buckets(self) -> list[Bucket]:
        return [decode(Bucket, row) for row in await self.table.range(BUCKETS)]

    async def add_bucket(self, bucket: Bucket) -> bool:
        """Whether it was added: there was none of that name."""
        try:
            await self.table.write(Change(BUCKETS, bucket.name, encode(bucket)))
        except Contended:
            return False
        return True

    async def change_bucket(
        self, name: str, next_of: Callable[[Bucket], tuple[Bucket | None, list[Change]]]
    ) -> Bucket:
        """Replace a bucket by what `next_of` makes of it (None deletes), with further changes."""
        for _ in range(RETRIES_MAX):
            row = await self.table.get(BUCKETS, name)
            if row is None:
                break
            old = decode(Bucket, row)
            new, also = next_of(old)
            document = None if new is None else encode(new)
            try:
                await self.table.write(Change(BUCKETS, name, document, seen=row), *also)
            except Contended:
                continue
            return new or old
        else:
            raise Contended
        raise no_such_bucket(name)

    async def configuration(self, bucket: Bucket, kind: str) -> Any:
        """What was put, or None."""
        if kind not in bucket.configured:
            return None
        row = await self.table.get(records.configurations(bucket), kind)
        return msgspec.json.decode(row.document) if row else None

    async def configure(self, bucket: Bucket, kind: str, new: Any) -> None:
        """Store a configuration; None deletes it."""
        group = records.configurations(bucket)
        seen = await self.table.get(group, kind)

        def next_of(now: Bucket) -> tuple[Bucket, list[Change]]:
            kinds = {*now.configured} - {kind} | ({kind} if new is not None else set())
            changed = msgspec.structs.replace(now, configured=tuple(sorted(kinds)))
            if new is None:
                return changed, [Change(group, kind, None, seen)] if seen else []
            return changed, [Change(group, kind, encode(new), seen)]

        await self.change_bucket(bucket.name, next_of)

    # Versions

    async def current(self, bucket: Bucket, key: str) -> Version | None:
        """The current version, which may be a delete marker."""
        row = await self.table.get(records.objects(bucket), key)
        return decode(Version, row) if row else None

    async def version(self, bucket: Bucket, key: str, version: str) -> Version | None:
        """The version of that name, current or not."""
        current = await self.current(bucket, key)
        if current is None or current.version == version:
            return current
        seq = current.null_seq if version == NULL else records.seq_of(version)
        if not seq:
            return None
        row = await self.table.get(records.versions(bucket), records.version_name(key, seq))
        found = decode(Version, row) if row else None
        return found if found is not None and found.version == version else None

    async def older(self, bucket: Bucket, key: str, *, below: int, limit: int) -> list[Version]:
        """Versions that are not current, the latest first, from before the one with seq `below`."""
        low = records.version_name(key, below - 1)
        high = f"{records.escaped(key)}\0\0{records.END}"
        rows = await self.table.range(records.versions(bucket), low=low, high=high, limit=limit)
        return [decode(Version, row) for row in rows]

    async def put(
        self,
        bucket: Bucket,
        new: Version,
        *,
        condition: Condition = no_condition,
        also: Iterable[Change] = (),
        kept: Iterable[str] = (),
    ) -> Version:
        """Make `new` the current version; returns it with its seq and version id.

        kept: blobs that it brings along. also: changes of the same commit.
        """
        kept = tuple(kept)
        if bucket.object_lock and not new.marker:
            new = object_lock.with_default(new, await self.configuration(bucket, LOCK))
        for _ in range(RETRIES_MAX):
            row = await self.table.get(records.objects(bucket), new.key)
            old = decode(Version, row) if row else None
            condition(None if old is None or old.marker else old)
            stored, changes, gone = await self._replacement(bucket, old, new)
            put = Change(records.objects(bucket), new.key, encode(stored), seen=row)
            refer = [records.referred(blob) for blob in kept]
            try:
                await self.table.write(put, *changes, *refer, *also)
            except Contended:
                if also and not await self._still(also):
                    raise
                continue
            self.blobs.settle(kept)
            await self.blobs.drop(gone)
            return stored
        raise Contended

    async def remove(
        self,
        bucket: Bucket,
        key: str,
        version: str | None = None,
        *,
        condition: Condition = no_condition,
        permit: Callable[[Version], None] = lambda _: None,
    ) -> Version | None:
        """Delete for good: the object of a bucket without versions, or one version.

        permit: raises what keeps this version from being deleted. Returns what was deleted, None
        if there was nothing.
        """
        for _ in range(RETRIES_MAX):
            group = records.objects(bucket)
            row = await self.table.get(group, key)
            if row is None:
                condition(None)
                return None
            current = decode(Version, row)
            condition(None if current.marker else current)
            if version is None or current.version == version:
                found = current
                permit(found)
                changes = await self._uncovered(bucket, row, current)
            else:
                maybe = await self.version(bucket, key, version)
                if maybe is None:
                    return None
                found = maybe
                permit(found)
                changes = await self._without(bucket, row, current, found)
            also, gone = self._garbage(found)
            try:
                await self.table.write(*changes, *also)
            except Contended:
                continue
            await self.blobs.drop(gone)
            return found
        raise Contended

    async def amend(
        self, bucket: Bucket, key: str, version: str | None, next_of: Callable[[Version], Version]
    ) -> Version | None:
        """Change what is said about a version (its tags), not its bytes."""
        for _ in range(RETRIES_MAX):
            if version is None:
                found = await self.current(bucket, key)
            else:
                found = await self.version(bucket, key, version)
            if found is None:
                return None
            group, name = records.objects(bucket), key
            row = await self.table.get(group, name)
            if row is None or decode(Version, row).seq != found.seq:
                group, name = records.versions(bucket), records.version_name(key, found.seq)
                row = await self.table.get(group, name)
            if row is None:
                continue
            new = next_of(decode(Version, row))
            if new.marker:
                return new
            try:
                await self.table.write(Change(group, name, encode(new), seen=row))
            except Contended:
                continue
            return new
        raise Contended

    async def layout(self, version: Version) -> list[Part]:
        """The parts of an object that was uploaded in parts."""
        rows = await self.table.range(f"layout|{version.layout}")
        return [part for row in rows for part in decode(Layout, row).parts]

    async def walk(
        self, group: str, *, prefix: str, after: str, delimiter: str
    ) -> AsyncIterator[tuple[str, Record | None]]:
        """Names of a group that begin with `prefix`, in order: (name, row), or (common prefix,
        None) once for all names that share one. after: everything up to it is passed over."""
        low = max(prefix, after)
        high = _beyond(prefix) if prefix else None
        page = 8 if delimiter else 100
        while True:
            rows = await self.table.range(group, low=low, high=high, limit=page)
            skip = ""
            for row in rows:
                if row.name <= after or not row.name.startswith(prefix):
                    continue
                cut = row.name.find(delimiter, len(prefix)) if delimiter else -1
                if cut < 0:
                    yield row.name, row
                    continue
                common = row.name[: cut + len(delimiter)]
                if common != after:
                    yield common, None
                skip = _beyond(common)
                break
            if skip:
                low, page = skip, 8
            elif len(rows) < page:
                return
            else:
                low, page = rows[-1].name + "\0", min(500, page * 4)

    # Uploads

    async def upload(
        self, bucket: Bucket, key: str, upload_id: str
    ) -> tuple[Upload, Record] | None:
        row = await self.table.get(records.uploads(bucket), records.upload_name(key, upload_id))
        return (decode(Upload, row), row) if row else None

    async def parts(
        self, upload_id: str, *, after: int = 0, limit: int | None = None
    ) -> list[Part]:
        low = records.part_name(after + 1)
        rows = await self.table.range(f"part|{upload_id}", low=low, limit=limit)
        return [decode(Part, row) for row in rows]

    async def put_part(self, bucket: Bucket, upload: Upload, part: Part) -> None:
        """Add a part, or replace the one of its number. Raises NoSuchUpload if that is over.

        The upload's row is written, too, as one that nobody is completing: a completion that has
        read the old parts then fails and reads them again.
        """
        group, name = f"part|{upload.id}", records.part_name(part.number)
        for _ in range(RETRIES_MAX):
            found = await self.upload(bucket, upload.key, upload.id)
            if found is None:
                raise no_such_upload(upload.id)
            open_again = msgspec.structs.replace(found[0], completing="")
            row = await self.table.get(group, name)
            old = decode(Part, row) if row else None
            changes = [
                Change(group, name, encode(part), seen=row),
                Change(found[1].group, found[1].name, encode(open_again), seen=found[1]),
            ]
            if part.blob:
                changes.append(records.referred(part.blob))
            if old is not None and old.blob:
                changes.append(records.no_longer_referred(old.blob))
            try:
                await self.table.write(*changes)
            except Contended:
                continue
            if part.blob:
                self.blobs.settle([part.blob])
            if old is not None and old.blob:
                await self.blobs.drop([old.blob])
            return
        raise Contended

    async def put_layout(self, upload_id: str, parts: list[Part]) -> None:
        """Write what an object of parts will be made of; nothing refers to it yet."""
        group = f"layout|{upload_id}"
        seen = {row.name: row for row in await self.table.range(group)}
        for number, layout in enumerate(records.layouts_of(parts)):
            name = records.part_name(number)
            await self.table.write(Change(group, name, encode(layout), seen.pop(name, None)))
        for name, row in seen.items():
            await self.table.write(Change(group, name, None, row))

    def garbage(self, work: Garbage) -> Change:
        """The row that has a worker do what would be too much for one commit."""
        return Change(GARBAGE, f"{self.db.versions.next():020d}", encode(work))

    # How versions replace each other

    async def _replacement(
        self, bucket: Bucket, old: Version | None, new: Version
    ) -> tuple[Version, list[Change], list[str]]:
        """The new current version as stored, the changes beside it, and blobs to drop."""
        seq = self.db.versions.next()
        keeps = bucket.versioning == "Enabled"
        name = records.version_id(seq, os.urandom(16)) if keeps else NULL
        changes: list[Change] = []
        gone: list[str] = []
        null_seq, older = 0, False
        if old is not None:
            null_seq, older = old.null_seq, old.older
            if old.version == NULL and not keeps:
                changes, gone = self._garbage(old)
            else:
                changes.append(_kept_as_older(bucket, old))
                older = True
                if old.version == NULL:
                    null_seq = old.seq
            if not keeps and null_seq:
                group, at = records.versions(bucket), records.version_name(new.key, null_seq)
                row = await self.table.get(group, at)
                if row is not None:
                    changes.append(Change(group, at, None, seen=row))
                    also, blobs = self._garbage(decode(Version, row))
                    changes += also
                    gone += blobs
                null_seq = 0
        stored = msgspec.structs.replace(new, seq=seq, version=name, null_seq=null_seq, older=older)
        return stored, changes, gone

    async def _uncovered(self, bucket: Bucket, row: Record, current: Version) -> list[Change]:
        """The changes that take the current version away and bring back the one before it."""
        group = records.objects(bucket)
        older = []
        if current.older:
            older = await self.older(bucket, current.key, below=current.seq, limit=2)
        if not older:
            return [Change(group, current.key, None, seen=row)]
        next_one = older[0]
        at = records.version_name(current.key, next_one.seq)
        below = await self.table.get(records.versions(bucket), at)
        restored = msgspec.structs.replace(
            next_one,
            null_seq=0 if next_one.version == NULL else current.null_seq,
            older=len(older) > 1,
        )
        return [
            Change(group, current.key, encode(restored), seen=row),
            Change(records.versions(bucket), at, None, seen=below),
        ]

    async def _without(
        self, bucket: Bucket, row: Record, current: Version, found: Version
    ) -> list[Change]:
        """The changes that take away a version that is not current."""
        group, at = records.versions(bucket), records.version_name(found.key, found.seq)
        below = await self.table.get(group, at)
        # Written even where it stays as it is: a guard against a current one that just changed.
        null_seq = 0 if found.version == NULL else current.null_seq
        kept = msgspec.structs.replace(current, null_seq=null_seq)
        return [
            Change(group, at, None, seen=below),
            Change(records.objects(bucket), found.key, encode(kept), seen=row),
        ]

    def _garbage(self, version: Version) -> tuple[list[Change], list[str]]:
        """What goes with a version that goes: changes of the same commit, and blobs to drop."""
        if version.layout:
            return [self.garbage(Garbage(layout=version.layout))], []
        if version.blob:
            return [records.no_longer_referred(version.blob)], [version.blob]
        return [], []

    async def _still(self, changes: Iterable[Change]) -> bool:
        """Whether all that the changes expect is there."""
        for change in changes:
            row = await self.table.get(change.group, change.name)
            if (row.document if row else None) != (change.seen.document if change.seen else None):
                return False
        return True


def _kept_as_older(bucket: Bucket, old: Version) -> Change:
    kept = msgspec.structs.replace(old, null_seq=0, older=False)
    return Change(records.versions(bucket), records.version_name(old.key, old.seq), encode(kept))


def _beyond(common: str) -> str:
    """The least name after all that begin with a common prefix."""
    last = ord(common[-1]) + 1
    if last == 0xD800:
        last = 0xE000
    return common[:-1] + chr(last) if last <= 0x10FFFF else common + records.END * 4
