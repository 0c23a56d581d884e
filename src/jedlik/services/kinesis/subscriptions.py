"""The events of a subscription: a shard's records as they arrive.

A subscription ends after five minutes, when its shard has ended, when its consumer or stream is
gone, or when the same consumer subscribes to the shard again (the newer one goes on), which it
may five seconds after it did (API reference).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

from jedlik.api.context import Context
from jedlik.services.kinesis import limits
from jedlik.services.kinesis.errors import in_use
from jedlik.services.kinesis.metrics import Metrics
from jedlik.services.kinesis.reading import child_shards, read
from jedlik.services.kinesis.records import Consumer, Stream
from jedlik.services.kinesis.shards import Shard
from jedlik.services.kinesis.store import Store
from jedlik.tables.database import Database

LOOK_S = 0.2  # so often another process's records are looked for, and whether the client is there
Event = tuple[str, dict[str, Any]] | None


class Subscription(NamedTuple):
    """Who reads: told apart from others by what it is, not by what is in it."""

    place: tuple[str, int]
    began_at: float


class Subscriptions:
    """Who reads what in this process: by consumer and shard, the newest subscription."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, int], Subscription] = {}

    @classmethod
    def of(cls, db: Database) -> Subscriptions:
        return db.one(cls)

    def begin(self, consumer: Consumer, shard: Shard) -> Subscription:
        """Take the place of an older one. Raises ApiError if that is too young to be replaced."""
        place, now = (consumer.arn, shard.index), time.monotonic()
        old = self._newest.get(place)
        if old is not None and now - old.began_at < limits.SUBSCRIPTION_YOUNG_S:
            raise in_use(  # unverified text
                f"Another active subscription exists for this consumer: {consumer.arn}, "
                f"shard {shard.id}"
            )
        self._newest[place] = ours = Subscription(place, now)
        return ours

    def goes_on(self, ours: Subscription) -> bool:
        return self._newest.get(ours.place) is ours

    def end(self, ours: Subscription) -> None:
        if self.goes_on(ours):
            del self._newest[ours.place]


async def events(
    ctx: Context,
    stream: Stream,
    consumer: Consumer,
    shard: Shard,
    position: int,
    ours: Subscription,
) -> AsyncIterator[Event]:
    """Name and members of each event; None where there is nothing new to say."""
    store = Store.of(ctx.db)
    known = Subscriptions.of(ctx.db)
    ends_at = time.monotonic() + limits.SUBSCRIPTION_S
    told_at = 0.0
    try:
        while time.monotonic() < ends_at and known.goes_on(ours):
            arrived = store.arrivals(stream)
            now = await store.get(stream.account, stream.region, stream.name)
            if now is None or now.space != stream.space or now.status == "DELETING":
                return
            if await store.consumer(stream, consumer.name) is None:
                return
            found = await read(
                ctx,
                now,
                shard,
                position,
                ctx.db.clock.now_ms(),
                count_max=limits.EVENT_RECORDS_MAX,
                bytes_max=limits.EVENT_BYTES_MAX,
            )
            position = found.position
            due = time.monotonic() - told_at >= limits.EVENT_REST_S
            if found.records or found.ended or due:
                told_at = time.monotonic()
                told: dict[str, Any] = {
                    "Records": found.records,
                    "MillisBehindLatest": found.behind_ms,
                }
                # One or the other: KCL takes no event that has both, or neither.
                if found.ended:
                    told["ChildShards"] = child_shards(now, shard)
                else:
                    told["ContinuationSequenceNumber"] = shard.number(max(position, 0))
                Metrics(ctx.db, now).event(
                    consumer.name,
                    records=len(found.records),
                    size=found.size,
                    behind_ms=found.behind_ms,
                )
                yield "SubscribeToShardEvent", told
                if found.ended:
                    return
                continue
            yield None
            with suppress(TimeoutError):
                await asyncio.wait_for(arrived.wait(), LOOK_S)
    finally:
        known.end(ours)
