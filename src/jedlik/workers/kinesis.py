"""Ends the states of Kinesis streams that last a moment, and forgets records that are too old.

CREATING and UPDATING become ACTIVE, the shards that were replaced closed before; what is DELETING
goes. Each can be done again, so a process that dies in between leaves nothing half done.
"""

from __future__ import annotations

import msgspec

from jedlik.changes.record import record_time_ms
from jedlik.services.kinesis.records import TABLE, Stream
from jedlik.services.kinesis.store import Store, StreamGone
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.workers.changes import Changes

HOUR_MS = 3_600_000
RECORDS_PER_READ = 500
READS_PER_STEP = 8


class KinesisStreams:
    """Woken by changes of streams."""

    def __init__(self, db: Database) -> None:
        self._store = Store.of(db)
        self.wake = Changes(db, TABLE)

    async def step(self, now_ms: int) -> bool:
        if not self.wake.taken():
            return False
        for stream in await self._store.all():
            try:
                if stream.status == "DELETING":
                    await self._store.drop(stream)
                elif stream.status != "ACTIVE":
                    await self._settle(stream)
            except Contended:
                self.wake.stay_awake()
            except StreamGone:
                continue
        return False

    async def _settle(self, stream: Stream) -> None:
        await self._store.close_shards(stream)

        def settled(now: Stream) -> Stream:
            if now.status == "DELETING" or now.shards != stream.shards:
                return now
            return msgspec.structs.replace(now, status="ACTIVE")

        await self._store.change(stream.account, stream.region, stream.name, settled)


class KinesisRetention:
    """Trims the logs of streams by age, and forgets closed shards with all that they had."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._store = Store.of(db)

    async def step(self, now_ms: int) -> bool:
        more = False
        for stream in await self._store.all():
            before_ms = now_ms - stream.retention_hours * HOUR_MS
            for shard in stream.shards:
                more |= await self._trim(stream.space, shard.index, before_ms)
            try:
                await self._forget_shards(stream, before_ms)
            except (Contended, StreamGone):
                continue
        return more

    async def _forget_shards(self, stream: Stream, before_ms: int) -> None:
        def kept(now: Stream) -> Stream:
            shards = tuple(
                each for each in now.shards if each.closed_ms is None or each.closed_ms > before_ms
            )
            return msgspec.structs.replace(now, shards=shards)

        if any(
            each.closed_ms is not None and each.closed_ms <= before_ms for each in stream.shards
        ):
            await self._store.change(stream.account, stream.region, stream.name, kept)

    async def _trim(self, space: int, part: int, before_ms: int) -> bool:
        """Forget what is too old of one shard; whether there may be more."""
        engine = self._db.engine
        bounds = await engine.log_bounds(space, part)
        after, limit = bounds.first - 1, 1
        for _ in range(READS_PER_STEP):
            entries = await engine.log_read(space, part, after, limit)
            old = [each for each in entries if record_time_ms(each.record) < before_ms]
            if old:
                after = old[-1].seq
                await engine.log_trim(space, part, after)
            if len(old) < len(entries) or not entries:
                return False
            limit = RECORDS_PER_READ
        return True
