"""What S3 leaves for later: parts that nobody needs, blobs that no row refers to, lifecycle rules.

Three kinds of work, each in small steps that a crash may cut off anywhere:

- garbage rows, written by the commit that made something superfluous, are worked off;
- once after a start, each of 256 shelves of blobs is compared with the rows that refer to them:
  what a crash left between a file and its row goes;
- expirations of lifecycle rules, now and then. Transitions are not carried out: there is one class
  of storage, whatever an object says.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jedlik.services.s3 import checksums, configurations, records
from jedlik.services.s3.deleting import delete_one
from jedlik.services.s3.errors import S3Error
from jedlik.services.s3.lifecycle import Filter, due_ms
from jedlik.services.s3.object_lock import remover
from jedlik.services.s3.records import (
    GARBAGE,
    Bucket,
    Garbage,
    Layout,
    Part,
    Upload,
    Version,
    decode,
)
from jedlik.services.s3.store import Store
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, Record

SHELVES = 256
ROWS_A_STEP = 100

_log = logging.getLogger("jedlik.workers")


class ObjectUpkeep:
    """lifecycle_ms: how often rules are looked at."""

    def __init__(self, db: Database, *, lifecycle_ms: int = 3_600_000) -> None:
        self._store = Store(db)
        self._shelf = 0
        self._lifecycle_ms = lifecycle_ms
        self._looked_at_ms = 0

    async def step(self, now_ms: int) -> bool:
        if not await self._store.table.exists():
            return False
        checksums.make_ready()
        if await self._work_off_garbage():
            return True
        if self._shelf < SHELVES:
            await self._sweep(self._shelf)
            self._shelf += 1
            return True
        if now_ms - self._looked_at_ms >= self._lifecycle_ms:
            self._looked_at_ms = now_ms
            await self._expire(now_ms)
        return False

    # Garbage

    async def _work_off_garbage(self) -> bool:
        rows = await self._store.table.range(GARBAGE, limit=1)
        for row in rows:
            work = decode(Garbage, row)
            done = True
            if work.parts:
                kept = set() if work.layout else await self._laid_out(work.parts)
                done = await self._free_parts(work.parts, kept)
            if done and work.layout:
                done = await self._free_layout(work.layout)
            if done:
                await self._write(Change(GARBAGE, row.name, None, seen=row))
        return bool(rows)

    async def _laid_out(self, upload_id: str) -> set[str]:
        rows = await self._store.table.range(f"layout|{upload_id}")
        return {part.blob for row in rows for part in decode(Layout, row).parts}

    async def _free_parts(self, upload_id: str, kept: set[str]) -> bool:
        """Whether none is left."""
        rows = await self._store.table.range(f"part|{upload_id}", limit=ROWS_A_STEP)
        blobs = [decode(Part, row).blob for row in rows]
        gone = [blob for blob in blobs if blob and blob not in kept]
        await self._free(rows, gone)
        return len(rows) < ROWS_A_STEP

    async def _free_layout(self, upload_id: str) -> bool:
        for row in await self._store.table.range(f"layout|{upload_id}", limit=1):
            gone = [part.blob for part in decode(Layout, row).parts if part.blob]
            for start in range(0, len(gone), ROWS_A_STEP):
                await self._free([], gone[start : start + ROWS_A_STEP])
            await self._free([row], [])
            return False
        return True

    async def _free(self, rows: list[Record], blobs: list[str]) -> None:
        changes = [Change(row.group, row.name, None, seen=row) for row in rows]
        for blob in blobs:
            gone = records.no_longer_referred(blob)
            if await self._store.table.get(gone.group, gone.name) is not None:
                changes.append(gone)
        await self._write(*changes)
        await self._store.blobs.drop(blobs)

    async def _write(self, *changes: Change) -> None:
        if changes:
            try:
                await self._store.table.write(*changes)
            except Contended:
                _log.debug("another process was faster")

    # Blobs without rows

    async def _sweep(self, shelf: int) -> None:
        there = await self._store.blobs.listing(shelf)
        if not there:
            return
        group = f"blob|{shelf:02x}"
        referred = {row.name for row in await self._store.table.range(group)}
        orphans = [blob for blob in there if blob not in referred]
        if orphans:
            _log.info("freeing %d files of uploads that were cut off", len(orphans))
            await self._store.blobs.drop(orphans)

    # Lifecycle

    async def _expire(self, now_ms: int) -> None:
        for bucket in await self._store.buckets():
            stored = await self._store.configuration(bucket, configurations.LIFECYCLE.name)
            for rule in (stored or {}).get("Rules", ()):
                if rule.get("Status") == "Enabled":
                    await self._apply(bucket, rule, now_ms)

    async def _apply(self, bucket: Bucket, rule: Mapping[str, Any], now_ms: int) -> None:
        store = self._store
        wanted = Filter(rule)
        expiration = rule.get("Expiration") or {}
        days = expiration.get("Days")
        at = expiration.get("Date")
        if days is not None or at is not None:
            group = records.objects(bucket)
            async for key, row in store.walk(group, prefix=wanted.prefix, after="", delimiter=""):
                assert row is not None
                version = decode(Version, row)
                if version.marker or not wanted.takes(version):
                    continue
                due = at is not None and now_ms >= at * 1000
                if due or (days is not None and now_ms >= due_ms(version.modified_ms, days)):
                    await delete_one(store, bucket, key, None, {}, now_ms=now_ms)
        if expiration.get("ExpiredObjectDeleteMarker"):
            await self._expire_markers(bucket, wanted)
        noncurrent = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
        keep = (rule.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions") or 0
        if noncurrent is not None:
            await self._expire_older(bucket, wanted, noncurrent, keep, now_ms)
        abort = (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation")
        if abort is not None:
            await self._abort(bucket, wanted.prefix, abort, now_ms)

    async def _expire_markers(self, bucket: Bucket, wanted: Filter) -> None:
        """Markers that mark nothing any more."""
        group = records.objects(bucket)
        async for key, row in self._store.walk(group, prefix=wanted.prefix, after="", delimiter=""):
            assert row is not None
            current = decode(Version, row)
            if not current.marker or await self._store.older(
                bucket, key, below=current.seq, limit=1
            ):
                continue
            await self._store.remove(bucket, key, current.version)

    async def _expire_older(
        self, bucket: Bucket, wanted: Filter, days: int, keep: int, now_ms: int
    ) -> None:
        """A version counts as not current since the one after it was written."""
        group = records.objects(bucket)
        async for key, row in self._store.walk(group, prefix=wanted.prefix, after="", delimiter=""):
            assert row is not None
            current = decode(Version, row)
            if not current.older:
                continue
            since_ms = current.modified_ms
            older = await self._store.older(bucket, key, below=current.seq, limit=1000)
            for place, version in enumerate(older):
                old_enough = place >= keep and now_ms >= due_ms(since_ms, days)
                if old_enough and (version.marker or wanted.takes(version)):
                    with suppress(S3Error):  # locked
                        permit = remover(now_ms)
                        await self._store.remove(bucket, key, version.version, permit=permit)
                since_ms = version.modified_ms

    async def _abort(self, bucket: Bucket, prefix: str, days: int, now_ms: int) -> None:
        group = records.uploads(bucket)
        walk = self._store.walk(group, prefix=records.escaped(prefix), after="", delimiter="")
        async for _, row in walk:
            assert row is not None
            upload = decode(Upload, row)
            if now_ms >= due_ms(upload.started_ms, days):
                left = self._store.garbage(Garbage(layout=upload.id, parts=upload.id))
                await self._write(Change(row.group, row.name, None, seen=row), left)
