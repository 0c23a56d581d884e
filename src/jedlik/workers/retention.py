"""Forgetting what nobody needs any more: old log records, old streams, used client tokens, and
the backups of deleted tables whose time is up.

A stream shows its records for 24 hours. A log keeps them for the longest that one of its readers
needs; the log of a deleted table for as long as one of its streams can be read.
"""

from __future__ import annotations

import msgspec

from jedlik.changes.record import record_time_ms
from jedlik.storage.waist import Batch, Delete
from jedlik.tables.client_tokens import TOKEN_LIFE_MS
from jedlik.tables.database import TOKENS_SPACE, Database
from jedlik.tables.destinations import delivered
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Table
from jedlik.tables.recovery import delete_backup
from jedlik.tables.streams import Stream

STREAM_RETENTION_MS = 24 * 3_600_000
"""How long stream records stay (developer guide, DynamoDB Streams)."""
DAY_MS = 24 * 3_600_000
EDGE_MS = 60_000
"""By how much a past is kept longer than it is promised: who asked for its beginning a moment ago
still finds it."""
RECORDS_PER_READ = 500
READS_PER_STEP = 8
CLOCKS_APART_MS = 600_000
"""Younger records than this stay where several processes write them: their clocks may differ."""
TOKENS_PER_STEP = 500


class Retention:
    """Trims streams and logs by age and removes expired tokens, a bounded amount at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._after: tuple[bytes, bytes, bytes] | None = None

    async def step(self, now_ms: int) -> bool:
        """One round; whether there is more to do right away."""
        more = await self._purge_tokens(now_ms)
        async for stream in self._db.streams.all():
            try:
                more |= await self._retain(stream, now_ms - STREAM_RETENTION_MS)
            except Contended:
                more = True
        async for table in self._db.catalog.tables():
            if table.held_by:
                continue
            for part in range(table.parts):
                keep_ms = retention_ms(table)
                if self._db.catalog.shared:
                    keep_ms = max(keep_ms, CLOCKS_APART_MS)
                more |= await self._trim(table, part, now_ms - keep_ms)
        await self._expire_backups(now_ms)
        return more

    async def _expire_backups(self, now_ms: int) -> None:
        needed = {job.backup for job in await self._db.backups.jobs()}
        async for backup in self._db.backups.all():
            due = backup.expires_at_ms is not None and backup.expires_at_ms <= now_ms
            if due and backup.id not in needed:
                await delete_backup(self._db, backup)

    async def _retain(self, stream: Stream, before_ms: int) -> bool:
        """Take from a stream what is older than `before_ms`; the stream itself, if all of it is."""
        owned = await self._has_table(stream)
        if stream.closed_at_ms is not None and stream.closed_at_ms <= before_ms:
            kept = owned or await self._has_sibling(stream) or await self._has_backup(stream)
            if not kept:
                await self._db.drop_log(stream)
            await self._db.streams.update(stream, lambda now: None)
            return False
        horizons = list(stream.trimmed)
        more = False
        for part, trimmed in enumerate(stream.trimmed):
            horizons[part], unfinished = await self._horizon(
                stream.log_space, part, trimmed, before_ms
            )
            more |= unfinished

        def retained(now: Stream) -> Stream:
            shards = tuple(
                shard
                for shard in now.shards
                if shard.closed_at_ms is None or shard.closed_at_ms > before_ms
            )
            return msgspec.structs.replace(now, shards=shards, trimmed=tuple(horizons))

        await self._db.streams.update(stream, retained)
        if not owned and not await self._has_backup(stream):
            for part, horizon in enumerate(horizons):
                await self._db.engine.log_trim(stream.log_space, part, horizon)
        return more

    async def _trim(self, table: Table, part: int, before_ms: int) -> bool:
        first, last = await self._db.engine.log_bounds(table.log_space, part)
        if first > last:
            return False
        upto, more = await self._horizon(table.log_space, part, first - 1, before_ms)
        reached = await delivered(self._db.engine, table, part)
        if reached is not None:
            upto = min(upto, reached)
        if upto >= first:
            await self._db.engine.log_trim(table.log_space, part, upto)
        return more

    async def _horizon(self, space: int, part: int, after: int, before_ms: int) -> tuple[int, bool]:
        """The last seq after `after` whose record is too old; and whether there may be more."""
        limit = 1  # most of the time the first record says that nothing is old
        for _ in range(READS_PER_STEP):
            entries = await self._db.engine.log_read(space, part, after, limit)
            for entry in entries:
                if record_time_ms(entry.record) >= before_ms:
                    return after, False
                after = entry.seq
            if not entries:
                return after, False
            limit = RECORDS_PER_READ
        return after, True

    async def _has_table(self, stream: Stream) -> bool:
        """Whether the table whose log the stream reads is still there."""
        try:
            table = await self._db.catalog.get(stream.account, stream.region, stream.table)
        except TableNotFound:
            return False
        return table.log_space == stream.log_space

    async def _has_sibling(self, stream: Stream) -> bool:
        """Whether another stream reads the same log."""
        found, _ = await self._db.streams.page(stream.account, stream.region, table=stream.table)
        return any(
            other.log_space == stream.log_space and other.label != stream.label for other in found
        )

    async def _has_backup(self, stream: Stream) -> bool:
        """Whether the log belongs to the past of a deleted table that can still be restored."""
        return await self._db.backups.holds_log(stream.account, stream.region, stream.log_space)

    async def _purge_tokens(self, now_ms: int) -> bool:
        page = await self._db.engine.scan(
            TOKENS_SPACE,
            b"",
            None,
            after=self._after,
            item_limit=TOKENS_PER_STEP,
            byte_limit=1 << 20,
        )
        expired = [
            Delete((TOKENS_SPACE, entry.token, entry.sort, entry.sub), entry.version)
            for entry in page.entries
            if int.from_bytes(entry.value[:8], "big") + TOKEN_LIFE_MS < now_ms
        ]
        if expired:
            await self._db.engine.commit(Batch(self._db.versions.next(), expired))
        last = page.entries[-1] if page.more else None
        self._after = (last.token, last.sort, last.sub) if last else None
        return page.more


def retention_ms(table: Table) -> int:
    """How long the longest enabled reader needs this table's changes."""
    past_ms = 0
    if table.recovery is not None and table.recovery.enabled:
        past_ms = table.recovery.period_days * DAY_MS + EDGE_MS
    return max(STREAM_RETENTION_MS if table.stream else 0, past_ms)
