"""Forgetting what nobody needs any more: old log records and used client tokens."""

from __future__ import annotations

from jedlik.changes.record import decode_record
from jedlik.storage.waist import Batch, Delete
from jedlik.tables.database import TOKENS_SPACE, Database
from jedlik.tables.model import Table
from jedlik.tables.write import TOKEN_LIFE_MS

STREAM_RETENTION_MS = 24 * 3_600_000
"""How long stream records stay (developer guide, DynamoDB Streams)."""
DAY_MS = 24 * 3_600_000
RECORDS_PER_READ = 500
TOKENS_PER_STEP = 500


class Retention:
    """Trims logs by age and removes expired tokens, a bounded amount at a step."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._after: tuple[bytes, bytes, bytes] | None = None

    async def step(self, now_ms: int) -> bool:
        """One round; whether there is more to do right away."""
        more = await self._purge_tokens(now_ms)
        async for table in self._db.catalog.tables():
            for part in range(table.parts):
                more |= await self._trim(table, part, now_ms - retention_ms(table))
        return more

    async def _trim(self, table: Table, part: int, before_ms: int) -> bool:
        engine = self._db.engine
        first, last = await engine.log_bounds(table.space, part)
        if first > last:
            return False
        records = await engine.log_read(table.space, part, first - 1, RECORDS_PER_READ)
        old = [entry.seq for entry in records if decode_record(entry.record).at_ms < before_ms]
        if not old:
            return False
        await engine.log_trim(table.space, part, old[-1])
        return len(old) == RECORDS_PER_READ

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
    days = 0
    if table.recovery is not None and table.recovery.enabled:
        days = table.recovery.period_days
    return max(STREAM_RETENTION_MS if table.stream else 0, days * DAY_MS)
