"""Delivery streams as they are stored, and their buffers.

A delivery stream has a space of its own:

    log (space, part 0)                                 -> Record, in the order of arrival
    (space, hash of the channel's name, "", "")         -> Progress
    (space, hash of the Kinesis stream, shard, "")      -> last seq taken from there, 8 bytes

A record is durable when `append` returns; it leaves the log when all channels have delivered it.
What is taken from Kinesis, and the place reached there, are one commit: it is taken once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from jedlik.services.firehose.records import (
    TABLE,
    DeliveryStream,
    Progress,
    Record,
    decode_progress,
    decode_record,
    encode,
)
from jedlik.storage.waist import ABSENT, Batch, Change, Key, Put, SpaceDropped
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Kind
from jedlik.tables.spaced_records import SpacedRecords

PART = 0
PAGE_RECORDS = 2000
PAGE_BYTES = 1 << 20


class Gone(Exception):
    """There is no such delivery stream (any more)."""


class Store(SpacedRecords[DeliveryStream]):
    """The delivery streams of all accounts, and their buffers. `Store.of(db)` is the one of a
    database."""

    TABLE = TABLE
    GONE = Gone
    kind = Kind("stream", DeliveryStream)

    async def append(self, stream: DeliveryStream, records: Iterable[Record]) -> None:
        """Buffer records; durable when it returns. Raises Gone."""
        changes = [Change(stream.space, PART, encode(each)) for each in records]
        try:
            await self._db.engine.commit(Batch(self._db.versions.next(), (), changes))
        except SpaceDropped:
            raise Gone(stream.name) from None
        self._table.changed.set()

    async def taken(self, stream: DeliveryStream, space: int, shard: int) -> tuple[int | None, int]:
        """The last seq taken from a shard, None: nothing was yet; and the version of its row."""
        row = await self._db.engine.get_one(_taken_key(stream, space, shard))
        if row is None:
            return None, ABSENT
        return int.from_bytes(row.value, "big"), row.version

    async def take(
        self,
        stream: DeliveryStream,
        records: Sequence[Record],
        *,
        space: int,
        shard: int,
        upto: int,
        version: int,
    ) -> None:
        """Buffer records of a shard, and that they were taken. Raises Gone, Contended."""
        place = Put(_taken_key(stream, space, shard), version, upto.to_bytes(8, "big"))
        changes = [Change(stream.space, PART, encode(each)) for each in records]
        try:
            conflict = await self._db.engine.commit(
                Batch(self._db.versions.next(version), (place,), changes)
            )
        except SpaceDropped:
            raise Gone(stream.name) from None
        if conflict is not None:
            raise Contended

    async def read(
        self, stream: DeliveryStream, after: int, upto: int | None = None
    ) -> list[tuple[int, Record]]:
        """The next records, with their seqs; none: that is the end."""
        entries = await self._db.engine.log_read(
            stream.space, PART, after, PAGE_RECORDS, byte_limit=PAGE_BYTES
        )
        return [
            (each.seq, decode_record(each.record))
            for each in entries
            if upto is None or each.seq <= upto
        ]

    async def progress(self, stream: DeliveryStream, channel: str) -> tuple[Progress, int]:
        """How far a channel is, and the version of its row. One that is new begins with what is
        still there."""
        row = await self._db.engine.get_one(_progress_key(stream, channel))
        if row is not None:
            return decode_progress(row.value), row.version
        bounds = await self._db.engine.log_bounds(stream.space, PART)
        return Progress(bounds.first - 1), ABSENT

    async def set_progress(
        self, stream: DeliveryStream, channel: str, progress: Progress, version: int
    ) -> int:
        """Store how far a channel is; the new version. Raises Gone, Contended."""
        new = self._db.versions.next(version)
        put = Put(_progress_key(stream, channel), version, encode(progress))
        try:
            conflict = await self._db.engine.commit(Batch(new, (put,)))
        except SpaceDropped:
            raise Gone(stream.name) from None
        if conflict is not None:
            raise Contended
        return new

    async def trim(self, stream: DeliveryStream) -> None:
        """Forget what all channels have delivered."""
        reached = [(await self.progress(stream, name))[0].seq for name in stream.channels]
        await self._db.engine.log_trim(stream.space, PART, min(reached))


def _hash(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=16).digest()


def _progress_key(stream: DeliveryStream, channel: str) -> Key:
    return stream.space, _hash(f"channel|{channel}"), b"", b""


def _taken_key(stream: DeliveryStream, space: int, shard: int) -> Key:
    return stream.space, _hash(f"taken|{space}"), shard.to_bytes(8, "big"), b""
