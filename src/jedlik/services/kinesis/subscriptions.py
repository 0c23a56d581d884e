"""The events of a subscription: a shard's records as they arrive.

A subscription ends after five minutes, when its shard has ended, when its consumer or stream is
gone, or when the same consumer subscribes to the shard again (the newer one goes on).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from jedlik.api.context import Context
from jedlik.services.kinesis import limits
from jedlik.services.kinesis.reading import child_shards, read
from jedlik.services.kinesis.records import Consumer, Stream
from jedlik.services.kinesis.shards import Shard
from jedlik.services.kinesis.store import Store

LOOK_S = 0.2  # so often another process's records are looked for, and whether the client is there
Event = tuple[str, dict[str, Any]] | None


class Subscriptions:
    """Who reads what in this process: by consumer and shard, the newest subscription."""

    def __init__(self) -> None:
        self.newest: dict[tuple[str, int], object] = {}


async def events(
    ctx: Context, stream: Stream, consumer: Consumer, shard: Shard, position: int
) -> AsyncIterator[Event]:
    """Name and members of each event; None where there is nothing new to say."""
    store = Store.of(ctx.db)
    known: Subscriptions = ctx.db.beside.setdefault(Subscriptions, Subscriptions())
    ours, place = object(), (consumer.arn, shard.index)
    known.newest[place] = ours
    ends_at = time.monotonic() + limits.SUBSCRIPTION_S
    told_at = 0.0
    try:
        while time.monotonic() < ends_at and known.newest.get(place) is ours:
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
                    "ContinuationSequenceNumber": shard.number(max(position, 0)),
                    "MillisBehindLatest": found.behind_ms,
                }
                if found.ended:
                    told["ChildShards"] = child_shards(now, shard)
                yield "SubscribeToShardEvent", told
                if found.ended:
                    return
                continue
            yield None
            with suppress(TimeoutError):
                await asyncio.wait_for(arrived.wait(), LOOK_S)
    finally:
        if known.newest.get(place) is ours:
            del known.newest[place]
