"""Empties the buffers of delivery streams into S3: when they are due, and again when it fails.

    look at what is new → due: size or time → write down the plan → objects → move on → trim

The plan is stored before anything is written, and names the objects; so whoever goes on after a
crash writes the same objects, or finds them. What S3 refuses stays in the buffer and is tried
again, later and later, until it is as old as a stream keeps records.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from jedlik.api.errors import ApiError
from jedlik.services.firehose.destinations import bucket
from jedlik.services.firehose.failures import tell
from jedlik.services.firehose.limits import MIB, RETENTION_HOURS
from jedlik.services.firehose.metrics import Counts
from jedlik.services.firehose.records import BACKUP, MAIN, S3, DeliveryStream, Plan, Progress
from jedlik.services.firehose.roles import Refused, Roles
from jedlik.services.firehose.store import Gone, Store
from jedlik.services.firehose.writing import Writing, Written
from jedlik.services.kinesis import Store as KinesisStore
from jedlik.storage.waist import StorageClosed
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended

RETRY_MS_MIN, RETRY_MS_MAX = 500, 15_000
HOUR_MS = 3_600_000
_HEADS = {MAIN: "DeliveryToS3", BACKUP: "BackupToS3"}
_TEXTS = {
    "NoSuchBucket": "The specified bucket does not exist. Create the bucket or use a different "
    "bucket that does exist.",
    "AccessDenied": "Access was denied. Ensure that the trust policy for the provided IAM role "
    "allows Firehose to assume the role, and the access policy allows access to the S3 bucket.",
}


@dataclass
class _Buffer:
    """What is known of a channel's part of the log. seq: delivered so far; seen: read so far; cut:
    where it is full; since_ms: the oldest record's time here, oldest_ms: of arrival."""

    seq: int
    seen: int
    size: int = 0
    cut: int | None = None
    since_ms: int | None = None
    oldest_ms: int = 0
    attempts: int = 0
    retry_at_ms: int = 0

    def due_ms(self, destination: S3, *, begun: bool) -> int:
        """When it is to be delivered. begun: whether that was begun already."""
        if begun or self.cut is not None or self.since_ms is None:
            return self.retry_at_ms
        interval_ms: int = destination["BufferingHints"]["IntervalInSeconds"] * 1000
        return max(self.since_ms + interval_ms, self.retry_at_ms)


class Deliverer:
    """Holds nothing that cannot be found out again. strict: see `roles.py`."""

    def __init__(self, db: Database, *, strict: bool = False) -> None:
        self._db = db
        self._store = Store.of(db)
        self._counts = Counts(db)
        self._roles = Roles(db, strict=strict)
        self._buffers: dict[tuple[int, str], _Buffer] = {}

    def forget(self, spaces: set[int]) -> None:
        """Forget all buffers but those of these spaces."""
        for key in [key for key in self._buffers if key[0] not in spaces]:
            del self._buffers[key]

    def is_full(self, stream: DeliveryStream) -> bool:
        """Whether an object's worth of records is waiting: no more are to be taken in."""
        return any(
            buffer.cut is not None
            for (space, _), buffer in self._buffers.items()
            if space == stream.space
        )

    async def advance(self, stream: DeliveryStream, now_ms: int) -> tuple[bool, int | None]:
        """Deliver what is due of one stream. Whether there may be more to do at once, and when the
        records that wait are due; None: there are none. Raises Gone, Contended."""
        more, next_ms = False, None
        for name, destination in stream.channels.items():
            progress, version = await self._store.progress(stream, name)
            buffer = self._buffers.get((stream.space, name))
            if buffer is None or buffer.seq != progress.seq:
                buffer = self._buffers[stream.space, name] = _Buffer(progress.seq, progress.seq)
            await self._look(stream, buffer, destination)
            if buffer.since_ms is None:
                continue
            due_ms = buffer.due_ms(destination, begun=progress.plan is not None)
            if now_ms < due_ms:
                next_ms = min(due_ms, next_ms or due_ms)
                continue
            try:
                await self._deliver(stream, name, destination, buffer, progress, version)
                more = True
            except (Gone, Contended, StorageClosed):
                raise
            except Exception as fault:
                await self._failed(stream, name, destination, buffer, fault)
                next_ms = min(buffer.retry_at_ms, next_ms or buffer.retry_at_ms)
        return more, next_ms

    async def _look(self, stream: DeliveryStream, buffer: _Buffer, destination: S3) -> None:
        """See what is new, up to an object's worth."""
        enough = destination["BufferingHints"]["SizeInMBs"] * MIB
        while buffer.cut is None:
            page = await self._store.read(stream, buffer.seen)
            if not page:
                return
            for seq, record in page:
                if buffer.since_ms is None:
                    buffer.since_ms, buffer.oldest_ms = record.since_ms, record.at_ms
                buffer.since_ms = min(buffer.since_ms, record.since_ms)
                buffer.oldest_ms = min(buffer.oldest_ms, record.at_ms)
                buffer.size += len(record.data)
                buffer.seen = seq
                if buffer.size >= enough:
                    buffer.cut = seq
                    break
            await asyncio.sleep(0)

    async def _deliver(
        self,
        stream: DeliveryStream,
        name: str,
        destination: S3,
        buffer: _Buffer,
        progress: Progress,
        version: int,
    ) -> None:
        plan = progress.plan
        if plan is None or (plan.version != stream.version and buffer.attempts):
            plan = Plan(
                buffer.seen if plan is None else plan.upto,
                buffer.oldest_ms if plan is None else plan.oldest_ms,
                secrets.token_hex(16),
                stream.version,
                destination,
            )
            version = await self._store.set_progress(
                stream, name, Progress(progress.seq, plan), version
            )
        began_ms = self._db.clock.now_ms()
        written = await Writing(self._db, self._roles, stream, plan, progress.seq).run()
        await self._store.set_progress(stream, name, Progress(plan.upto), version)
        self._count(stream, name, written, began_ms - (buffer.since_ms or began_ms))
        del self._buffers[stream.space, name]
        await self._store.trim(stream)
        for (code, text), count in written.failures.items():
            message = f"{text} ({count} records were delivered to the error prefix)"
            await tell(self._db, stream, destination, code, message)

    def _count(self, stream: DeliveryStream, name: str, written: Written, age_ms: int) -> None:
        head = _HEADS[name]
        self._counts.add(stream, f"{head}.Records", written.records)
        self._counts.add(stream, f"{head}.Bytes", written.size, "Bytes")
        self._counts.add(stream, f"{head}.DataFreshness", age_ms / 1000, "Seconds")
        self._counts.add(stream, f"{head}.Success", 1)
        if name == MAIN:
            self._counts.add(stream, "DeliveryToS3.ObjectCount", written.objects)

    async def _failed(
        self,
        stream: DeliveryStream,
        name: str,
        destination: S3,
        buffer: _Buffer,
        fault: Exception,
    ) -> None:
        now_ms = self._db.clock.now_ms()
        buffer.retry_at_ms = now_ms + min(RETRY_MS_MIN << min(buffer.attempts, 8), RETRY_MS_MAX)
        buffer.attempts += 1
        if isinstance(fault, Refused):
            code, message = "S3.AccessDenied", f"{_TEXTS['AccessDenied']} {fault}"
        elif isinstance(fault, ApiError):
            code = f"S3.{fault.code}"
            message = _TEXTS.get(fault.code, fault.message or fault.code)
        else:
            code, message = "S3.InternalError", f"{type(fault).__name__}: {fault}"
        self._counts.add(stream, f"{_HEADS[name]}.Success", 0)
        await tell(self._db, stream, destination, code, f"{message} ({bucket(destination)})")
        await self._give_up(stream, name, destination, now_ms)

    async def _give_up(
        self, stream: DeliveryStream, name: str, destination: S3, now_ms: int
    ) -> None:
        """Let go of what could not be delivered for as long as records are kept."""
        before_ms = now_ms - await self._kept_ms(stream)
        progress, version = await self._store.progress(stream, name)
        seq, count = progress.seq, 0
        while page := await self._store.read(stream, seq):
            old = [at for at, record in page if record.since_ms < before_ms]
            seq, count = (old[-1] if old else seq), count + len(old)
            if len(old) < len(page):
                break
        if not count:
            return
        await self._store.set_progress(stream, name, Progress(seq), version)
        await self._store.trim(stream)
        text = f"{count} records were too old to be tried again and are lost"
        await tell(self._db, stream, destination, "Firehose.RecordsExpired", text)

    async def _kept_ms(self, stream: DeliveryStream) -> int:
        """24 hours; what comes from Kinesis, as long as it is kept there."""
        hours = RETENTION_HOURS
        if stream.source is not None:
            source = await KinesisStore.of(self._db).by_arn(stream.source.stream_arn)
            if source is not None:
                hours = max(hours, source.retention_hours)
        return hours * HOUR_MS
