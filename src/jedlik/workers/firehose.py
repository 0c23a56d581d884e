"""Drives delivery streams: ends the states that last a moment, fills buffers, empties them.

It looks again when a record was put, when one is due, and always where a Kinesis stream is read, or
other processes may have put something. With nothing buffered it sleeps.
"""

from __future__ import annotations

import asyncio

import msgspec

from jedlik.services.firehose.delivering import Deliverer
from jedlik.services.firehose.records import TABLE, DeliveryStream
from jedlik.services.firehose.sourcing import Sourcer
from jedlik.services.firehose.store import Gone, Store
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.workers.changes import Changes

STREAMS_AT_ONCE = 8
PATIENCE_S = 0.1


class Firehose:
    """strict: whether roles that IAM does not know may do nothing."""

    def __init__(self, db: Database, *, strict: bool = False) -> None:
        self._store = Store.of(db)
        self._deliverer = Deliverer(db, strict=strict)
        self._sourcer = Sourcer(db, strict=strict)
        self._clock = db.clock
        self._is_shared = db.catalog.shared
        self._turns = asyncio.Semaphore(STREAMS_AT_ONCE)
        self._running: dict[int, asyncio.Future[bool]] = {}
        """By their spaces, the streams that have their turns. Only within a step."""
        self._next_ms: int | None = None
        """When something has to be done, although nothing changes."""
        self.wake = Changes(db, TABLE)

    async def step(self, now_ms: int) -> bool:
        changed = self.wake.taken() or self._is_shared
        if not changed and self._next_ms is not None and now_ms < self._next_ms:
            self.wake.stay_awake()
            return False
        try:
            return await self._work(now_ms)
        finally:
            left = list(self._running.values())
            self._running.clear()
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _work(self, now_ms: int) -> bool:
        """A turn of every stream, each by itself: while one takes long, others have further turns.
        Whether there is more to do right away."""
        while True:
            self._next_ms = None
            streams = await self._store.all()
            self._deliverer.forget({each.space for each in streams})
            for stream in streams:
                if stream.space not in self._running:
                    turn = asyncio.ensure_future(self._turn(stream, now_ms))
                    self._running[stream.space] = turn
            if not self._running:
                return False
            done, _ = await asyncio.wait(self._running.values(), timeout=PATIENCE_S)
            self._running = {at: each for at, each in self._running.items() if each not in done}
            more = False
            for each in done:
                if each.exception() is not None:
                    self._look_at(now_ms)
                more |= each.result()
            if not self._running:
                return more
            now_ms = self._clock.now_ms()

    async def _turn(self, stream: DeliveryStream, now_ms: int) -> bool:
        async with self._turns:
            return await self._advance(stream, now_ms)

    async def _advance(self, stream: DeliveryStream, now_ms: int) -> bool:
        """Some work for one stream; whether there is more to do right away."""
        try:
            if stream.status == "DELETING":
                if now_ms < stream.settles_at_ms:
                    self._look_at(stream.settles_at_ms)
                else:
                    await self._store.drop(stream)
                return False
            stream = await self._settled(stream, now_ms)
            if stream.status != "ACTIVE":
                self._look_at(stream.settles_at_ms)
                return False
            more, next_ms = await self._deliverer.advance(stream, now_ms)
            if stream.source is not None:
                next_ms = now_ms
                if not self._deliverer.is_full(stream):
                    more |= await self._sourcer.advance(stream, now_ms)
            if more or next_ms is not None:
                self._look_at(now_ms if more or next_ms is None else next_ms)
            return more
        except Gone:
            return False
        except Contended:
            self._look_at(now_ms)
            return False

    def _look_at(self, at_ms: int) -> None:
        """Look again at that time."""
        self._next_ms = at_ms if self._next_ms is None else min(at_ms, self._next_ms)
        self.wake.stay_awake()

    async def _settled(self, stream: DeliveryStream, now_ms: int) -> DeliveryStream:
        """The stream, no longer CREATING, ENABLING or DISABLING when it is time."""
        if now_ms < stream.settles_at_ms:
            return stream
        if stream.status == "ACTIVE" and stream.encryption.status in ("ENABLED", "DISABLED"):
            return stream

        def settled(now: DeliveryStream) -> DeliveryStream:
            if now.status == "DELETING" or now_ms < now.settles_at_ms:
                return now
            ended = {"ENABLING": "ENABLED", "DISABLING": "DISABLED"}
            encryption = msgspec.structs.replace(
                now.encryption, status=ended.get(now.encryption.status, now.encryption.status)
            )
            return msgspec.structs.replace(now, status="ACTIVE", encryption=encryption)

        found = await self._store.change(stream.account, stream.region, stream.name, settled)
        assert found is not None
        return found
