"""Gives streams on demand more shards when their traffic asks for it.

Once a minute: what was written to each shard since the last look is in the shard's row, whichever
process wrote it. How many shards that makes is `services/kinesis/growth.py`'s. A stream is changed
as SplitShard changes it, so `workers/kinesis.py` closes the parents and makes it ACTIVE again. The
first look after a start only measures.
"""

from __future__ import annotations

import msgspec

from jedlik.services.kinesis.growth import Rate, larger, with_peak
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.store import EMPTY, Store, StreamGone, Totals
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended

SHORTEST_MS = 1000
"""Nothing is concluded from less."""
Seen = dict[tuple[int, int], Totals]


class KinesisGrowth:
    """Measures and grows. Called once a minute."""

    def __init__(self, db: Database) -> None:
        self._store = Store.of(db)
        self._seen: Seen = {}
        self._seen_ms = 0

    async def step(self, now_ms: int) -> bool:
        passed_ms = now_ms - self._seen_ms
        if passed_ms < SHORTEST_MS:
            return False
        before, now = self._seen, Seen()
        for stream in await self._store.all():
            if stream.mode != "ON_DEMAND" or stream.status != "ACTIVE":
                continue
            places = [(each.index, each.opened_ms) for each in stream.open_shards]
            rates: dict[int, Rate] = {}
            totals = await self._store.totals(stream, [index for index, _ in places])
            for (index, opened_ms), total in zip(places, totals, strict=True):
                now[stream.space, index] = total
                old = before.get((stream.space, index))
                if old is None and opened_ms > self._seen_ms:
                    old = EMPTY
                if old is None:
                    continue  # it was not looked at: there is no saying what was when
                rates[index] = Rate(
                    (total.size - old.size) * 1000 / passed_ms,
                    (total.records - old.records) * 1000 / passed_ms,
                )
            if self._seen_ms:
                await self._grow(stream, rates, now_ms)
        self._seen, self._seen_ms = now, now_ms
        return False

    async def _grow(self, stream: Stream, rates: dict[int, Rate], now_ms: int) -> None:
        whole = Rate(
            sum(each.bytes_per_s for each in rates.values()),
            sum(each.records_per_s for each in rates.values()),
        )

        def changed(now: Stream) -> Stream:
            if now.mode != "ON_DEMAND" or now.status != "ACTIVE" or now.shards != stream.shards:
                return now
            now = msgspec.structs.replace(now, peaks=with_peak(now.peaks, whole, now_ms))
            shards = larger(now, rates, now_ms)
            if shards == now.shards:
                return now
            return msgspec.structs.replace(now, shards=shards, status="UPDATING")

        try:
            await self._store.change(stream.account, stream.region, stream.name, changed)
        except (Contended, StreamGone):
            return  # the next look finds it
