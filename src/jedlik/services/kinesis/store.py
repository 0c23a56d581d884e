"""Streams and consumers as they are stored, and the one way in which records reach the log.

Beside its log a stream has, in the same space, a row for each shard that was written to:

    (space, index of the shard, "", "") -> number of its records, 8 bytes | 1 if it is closed
                                           | bytes of its records, 8 bytes

An append reads the row, and in one guarded batch writes it back with the new numbers and appends
the records. So sequence numbers are known before the engine tells them, they are the log's own,
and nothing reaches a shard after its closing: a reader that finds it closed has seen its end when
it has read what is in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from jedlik.services.kinesis.records import TABLE, Commitment, Consumer, Stream
from jedlik.storage.waist import ABSENT, Batch, Change, LogBounds, Put, SpaceDropped, Write
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import LAST, Kind, decode
from jedlik.tables.spaced_records import SpacedRecords

CONSUMER, COMMITMENT = Kind("consumer", Consumer), Kind("account", Commitment)
RETRIES_MAX = 50


class Totals(NamedTuple):
    """What the row of a shard says. records: how many there are; size: their bytes as stored."""

    records: int
    size: int
    closed: bool


EMPTY = Totals(0, 0, False)


class ShardClosed(Exception):
    """A shard was closed meanwhile: look at the stream again."""


class StreamGone(Exception):
    """There is no such stream (any more)."""


class Store(SpacedRecords[Stream]):
    """The streams of all accounts. `Store.of(db)` is the one of a database."""

    TABLE = TABLE
    GONE = StreamGone
    kind = Kind("stream", Stream)

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._arrivals: dict[int, asyncio.Event] = {}

    # Streams

    async def by_arn(self, arn: str) -> Stream | None:
        """The stream of an ARN that is one."""
        _, _, _, region, account, path = arn.split(":", 5)
        return await self.get(account, region, path.partition("/")[2])

    async def drop(self, stream: Stream) -> None:
        """Forget a stream, its consumers and its records."""
        for consumer in await self.consumers(stream):
            await self.change_consumer(stream, consumer.name, lambda old: None)
        await super().drop(stream)

    # Consumers

    async def consumers(self, stream: Stream) -> list[Consumer]:
        low = f"{stream.place}|"
        rows = await self._table.range(CONSUMER.group, low=low, high=low + LAST)
        return [decode(CONSUMER, row) for row in rows]

    async def consumer(self, stream: Stream, name: str) -> Consumer | None:
        row = await self._table.get(CONSUMER.group, f"{stream.place}|{name}")
        return None if row is None else decode(CONSUMER, row)

    async def change_consumer(
        self, stream: Stream, name: str, how: Callable[[Consumer | None], Consumer | None]
    ) -> Consumer | None:
        """Store what `how` makes of a consumer, or of none. Raises Contended."""
        return (await self._table.replace(CONSUMER, f"{stream.place}|{name}", how))[1]

    # The account

    async def commitment(self, account: str, region: str) -> Commitment:
        row = await self._table.get(COMMITMENT.group, f"{account}|{region}")
        return Commitment() if row is None else decode(COMMITMENT, row)

    async def change_commitment(
        self, account: str, region: str, how: Callable[[Commitment], Commitment]
    ) -> Commitment:
        """Raises Contended."""
        _, new = await self._table.replace(
            COMMITMENT, f"{account}|{region}", lambda old: how(old or Commitment())
        )
        assert new is not None
        return new

    # Records

    async def append(
        self, stream: Stream, records: Mapping[int, Sequence[bytes]], also: Sequence[Write] = ()
    ) -> dict[int, int]:
        """Append encoded records to shards, by index: all or nothing, and `also`, durable when it
        returns. Returns the seq of the first of each. Raises ShardClosed, StreamGone, Contended.
        """
        engine = self._db.engine
        keys = [_shard_key(stream.space, index) for index in records]
        changes = [
            Change(stream.space, index, data) for index, part in records.items() for data in part
        ]
        for _ in range(RETRIES_MAX):
            rows = await engine.get(keys, pending=True)
            firsts: dict[int, int] = {}
            writes: list[Write] = [*also]
            newest = 0
            for key, row, (index, part) in zip(keys, rows, records.items(), strict=True):
                before = EMPTY if row is None else _read(row.value)
                if before.closed:
                    raise ShardClosed(index)
                firsts[index] = before.records + 1
                expect = ABSENT if row is None else row.version
                newest = max(newest, expect)
                size = before.size + sum(map(len, part))
                writes.append(Put(key, expect, _written(before.records + len(part), size)))
            try:
                conflict = await engine.commit(
                    Batch(self._db.versions.next(newest), writes, changes)
                )
            except SpaceDropped:
                raise StreamGone(stream.name) from None
            if conflict is None:
                self._arrived(stream.space)
                return firsts
            if conflict.index < len(also):
                raise Contended
        raise Contended

    async def close_shards(self, stream: Stream) -> None:
        """Let nothing more into the shards that the stream says are closed. May be repeated."""
        for shard in stream.shards:
            if not shard.is_open:
                await self._close(stream.space, shard.index)
        self._arrived(stream.space)

    async def is_closed(self, stream: Stream, index: int) -> bool:
        """Whether the log of a shard is at its end for good."""
        return (await self.totals(stream, (index,)))[0].closed

    async def totals(self, stream: Stream, indexes: Sequence[int]) -> list[Totals]:
        """What was ever appended to each of these shards, by whatever process."""
        keys = [_shard_key(stream.space, index) for index in indexes]
        rows = await self._db.engine.get(keys)
        return [EMPTY if row is None else _read(row.value) for row in rows]

    async def bounds(self, stream: Stream, index: int) -> LogBounds:
        return await self._db.engine.log_bounds(stream.space, index)

    def arrivals(self, stream: Stream) -> asyncio.Event:
        """An event that the next append in this process sets."""
        return self._arrivals.setdefault(stream.space, asyncio.Event())

    def _arrived(self, space: int) -> None:
        event = self._arrivals.pop(space, None)
        if event is not None:
            event.set()

    async def _close(self, space: int, index: int) -> None:
        engine, key = self._db.engine, _shard_key(space, index)
        for _ in range(RETRIES_MAX):
            row = await engine.get_one(key, pending=True)
            before = EMPTY if row is None else _read(row.value)
            if before.closed:
                return
            expect = ABSENT if row is None else row.version
            put = Put(key, expect, _written(before.records, before.size, closed=True))
            if await engine.commit(Batch(self._db.versions.next(expect), (put,))) is None:
                return
        raise Contended


def _shard_key(space: int, index: int) -> tuple[int, bytes, bytes, bytes]:
    return space, index.to_bytes(16, "big"), b"", b""


def _read(value: bytes) -> Totals:
    # Rows of earlier releases end before the bytes.
    size = int.from_bytes(value[9:], "big")
    return Totals(int.from_bytes(value[:8], "big"), size, value[8:9] == b"\1")


def _written(count: int, size: int, *, closed: bool = False) -> bytes:
    return count.to_bytes(8, "big") + (b"\1" if closed else b"\0") + size.to_bytes(8, "big")
