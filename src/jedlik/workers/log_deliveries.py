"""Delivers what subscription filters found: to Kinesis streams and to Firehose, in order.

A message is a row until its destination has it (`services/logs/filters.py`), so a crash may
deliver it twice, and loses none. What a destination does not take is tried again for 24 hours.
"""

from __future__ import annotations

import msgspec

from jedlik.services.logs.delivering import Undelivered, deliver_one
from jedlik.services.logs.filters import DELIVERIES, DELIVERIES_TABLE, Delivery
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Record
from jedlik.workers.changes import Changes

KEPT_MS = 24 * 3_600_000
PER_STEP = 50


class LogDeliveries:
    """Woken by new messages; after a refusal it looks again in its next turn."""

    def __init__(self, db: Database, settings: object) -> None:
        self._db = db
        self._settings = settings
        self._table = InternalTable(db, DELIVERIES_TABLE)
        self._after: str = ""
        self.wake = Changes(db, DELIVERIES_TABLE)

    async def step(self, now_ms: int) -> bool:
        """Some messages, one after another; whether there are more."""
        self.wake.taken()
        if not await self._table.exists():
            return False
        rows = await self._table.range(DELIVERIES, low=self._after, limit=PER_STEP)
        refused: set[str] = set()
        for row in rows:
            await self._deliver(row, now_ms, refused)
        more = len(rows) == PER_STEP
        self._after = rows[-1].name + "~" if more and refused else ""
        if refused:
            self.wake.stay_awake()
        return more and not refused

    async def _deliver(self, row: Record, now_ms: int, refused: set[str]) -> None:
        delivery = msgspec.json.decode(row.document, type=Delivery)
        if now_ms - delivery.made_ms < KEPT_MS:
            if delivery.destination in refused:
                return
            try:
                await deliver_one(self._db, self._settings, delivery)
            except Undelivered:
                refused.add(delivery.destination)
                return
        try:
            await self._table.write(Change(DELIVERIES, row.name, None, seen=row))
        except Contended:
            pass  # somebody else has it
