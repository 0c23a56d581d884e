"""Forgets log events that are older than their groups keep them."""

from __future__ import annotations

import msgspec

from jedlik.services.logs.insight_queries import forget
from jedlik.services.logs.store import TABLE, Group, Logs
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import InternalTable

DAY_MS = 86_400_000


class LogRetention:
    """Looks at every group that has a retention, and at what queries have found."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def step(self, now_ms: int) -> bool:
        """One round; never more to do right away."""
        await forget(self._db, now_ms)
        table = InternalTable(self._db, TABLE)
        if not await table.exists():
            return False
        for row in await table.all():
            if not row.group.startswith("groups|"):
                continue
            group = msgspec.json.decode(row.document, type=Group)
            if group.days is not None:
                await self._trim(group, now_ms - group.days * DAY_MS)
        return False

    async def _trim(self, group: Group, before_ms: int) -> None:
        logs = Logs(self._db, group.account, group.region)
        size = 0
        for stream in await logs.streams(group):
            if stream.first_ms is not None and stream.first_ms < before_ms:
                size += await logs.forget(stream, before_ms)
        if not size:
            return
        try:
            await logs.change_group(
                group.name,
                lambda now: msgspec.structs.replace(
                    now, stored_bytes=max(0, now.stored_bytes - size)
                ),
            )
        except Contended:
            pass  # a count that is told, and no more
