"""Delivers what subscription filters found: to Kinesis streams and to Firehose, in order.

A message is a row until its destination has it (`services/logs/filters.py`), so a crash may
deliver it twice, and loses none. What a destination does not take is tried again, later and later,
for 24 hours; others do not wait for that.
"""

from __future__ import annotations

import msgspec

from jedlik.services.logs.delivering import Undelivered, deliver_one
from jedlik.services.logs.filters import DELIVERIES_TABLE, DESTINATIONS, Delivery, queue_of
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Record
from jedlik.workers.changes import Changes

KEPT_MS = 24 * 3_600_000
PER_STEP = 50
"""Messages for one destination."""
RETRY_MS_MIN, RETRY_MS_MAX = 500, 15_000


class LogDeliveries:
    """Woken by new messages, and awake while there are some that nobody took."""

    def __init__(self, db: Database, settings: object) -> None:
        self._db = db
        self._settings = settings
        self._table = InternalTable(db, DELIVERIES_TABLE)
        self._refused: dict[str, tuple[int, int]] = {}
        """By destination: when to try again, and how long was waited for that."""
        self.wake = Changes(db, DELIVERIES_TABLE)

    async def step(self, now_ms: int) -> bool:
        """Some messages for each destination; whether there are more."""
        self.wake.taken()
        if not await self._table.exists():
            return False
        more = False
        for row in await self._table.range(DESTINATIONS):
            more |= await self._deliver(row.name, now_ms)
        if self._refused:
            self.wake.stay_awake()
        return more

    async def _deliver(self, destination: str, now_ms: int) -> bool:
        """The first messages of a queue; whether there are more that may go at once."""
        due_ms, waited_ms = self._refused.get(destination, (0, 0))
        if now_ms < due_ms:
            return False
        rows = await self._table.range(queue_of(destination), limit=PER_STEP)
        for row in rows:
            if not await self._deliver_one(row, now_ms):
                wait_ms = min(RETRY_MS_MAX, max(RETRY_MS_MIN, 2 * waited_ms))
                self._refused[destination] = now_ms + wait_ms, wait_ms
                return False
            self._refused.pop(destination, None)
        if not rows:
            self._refused.pop(destination, None)
        return len(rows) == PER_STEP

    async def _deliver_one(self, row: Record, now_ms: int) -> bool:
        """Whether the message is away, or too old."""
        delivery = msgspec.json.decode(row.document, type=Delivery)
        if now_ms - delivery.made_ms < KEPT_MS:
            try:
                await deliver_one(self._db, self._settings, delivery)
            except Undelivered:
                return False
        try:
            await self._table.write(Change(row.group, row.name, None, seen=row))
        except Contended:
            pass  # somebody else has it
        return True
