"""Drives delivery streams: ends the states that last a moment, fills buffers, empties them.

Awake for as long as something is buffered, or a Kinesis stream is read; else until a record is put.
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

STREAMS_AT_ONCE = 4


class Firehose:
    """strict: whether roles that IAM does not know may do nothing."""

    def __init__(self, db: Database, *, strict: bool = False) -> None:
        self._store = Store.of(db)
        self._deliverer = Deliverer(db, strict=strict)
        self._sourcer = Sourcer(db, strict=strict)
        self.wake = Changes(db, TABLE)

    async def step(self, now_ms: int) -> bool:
        self.wake.taken()
        streams = await self._store.all()
        self._deliverer.forget({each.space for each in streams})
        turns = asyncio.Semaphore(STREAMS_AT_ONCE)

        async def turn(stream: DeliveryStream) -> bool:
            async with turns:
                return await self._advance(stream, now_ms)

        done = await asyncio.gather(*(turn(each) for each in streams), return_exceptions=True)
        for each in done:
            if isinstance(each, BaseException):
                self.wake.stay_awake()
                raise each
        return any(done)

    async def _advance(self, stream: DeliveryStream, now_ms: int) -> bool:
        """Some work for one stream; whether there is more to do right away."""
        try:
            if stream.status == "DELETING":
                if now_ms < stream.settles_at_ms:
                    self.wake.stay_awake()
                else:
                    await self._store.drop(stream)
                return False
            stream = await self._settled(stream, now_ms)
            if stream.status != "ACTIVE":
                self.wake.stay_awake()
                return False
            more, waiting = await self._deliverer.advance(stream, now_ms)
            if stream.source is not None:
                waiting = True
                if not self._deliverer.is_full(stream):
                    more |= await self._sourcer.advance(stream, now_ms)
            if waiting:
                self.wake.stay_awake()
            return more
        except Gone:
            return False
        except Contended:
            self.wake.stay_awake()
            return False

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
