"""Delivery streams as they are stored, and their buffers.

A delivery stream has a space of its own:

    log (space, part 0)                                 -> Record, in the order of arrival
    (space, hash of the channel's name, "", "")         -> Progress
    (space, hash of the Kinesis stream, shard, "")      -> last seq taken from there, 8 bytes

A record is durable when `append` returns; it leaves the log when all channels have delivered it.
What is taken from Kinesis, and the place reached there, are one commit: it is taken once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

import msgspec

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
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change as RecordChange
from jedlik.tables.internal import InternalTable
from jedlik.tables.internal import Record as Row

STREAM = "stream"
PART = 0
RETRIES_MAX = 50
LAST = "\U0010ffff"
PAGE_RECORDS = 2000
PAGE_BYTES = 1 << 20

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DeliveryStream).decode


class Gone(Exception):
    """There is no such delivery stream (any more)."""


class Store:
    """The delivery streams of all accounts. `Store.of(db)` is the one of a database."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = InternalTable(db, TABLE)
        self._known: dict[str, tuple[bytes, DeliveryStream]] = {}

    @classmethod
    def of(cls, db: Database) -> Store:
        found = db.beside.get(cls)
        if found is None:
            found = db.beside[cls] = cls(db)
        assert isinstance(found, Store)
        return found

    # Delivery streams

    async def get(self, account: str, region: str, name: str) -> DeliveryStream | None:
        key = f"{account}|{region}|{name}"
        row = await self._table.get(STREAM, key)
        if row is None:
            self._known.pop(key, None)
            return None
        return self._decoded(row)

    async def list(
        self, account: str, region: str, *, after: str = "", limit: int | None = None
    ) -> list[DeliveryStream]:
        """The delivery streams of an account and region by name, those after `after`."""
        place = f"{account}|{region}|"
        low = f"{place}{after}\0" if after else place
        rows = await self._table.range(STREAM, low=low, high=place + LAST, limit=limit)
        return [self._decoded(row) for row in rows]

    async def all(self) -> list[DeliveryStream]:
        if not await self._table.exists():
            return []
        return [self._decoded(row) for row in await self._table.range(STREAM)]

    async def create(self, stream: DeliveryStream) -> DeliveryStream:
        """Store a new one with a space of its own. Raises Contended if there is one."""
        space = await self._db.catalog.reserve_spaces(1)
        await self._db.engine.space_create(space)
        stream = msgspec.structs.replace(stream, space=space)
        await self._table.write(RecordChange(STREAM, _name(stream), _encode(stream)))
        return stream

    async def change(
        self,
        account: str,
        region: str,
        name: str,
        how: Callable[[DeliveryStream], DeliveryStream | None],
    ) -> DeliveryStream | None:
        """Store what `how` makes of a delivery stream, None deletes it. Raises Gone, Contended."""
        for _ in range(RETRIES_MAX):
            row = await self._table.get(STREAM, f"{account}|{region}|{name}")
            if row is None:
                raise Gone(name)
            old = self._decoded(row)
            new = how(old)
            if new == old:
                return old
            document = None if new is None else _encode(new)
            try:
                await self._table.write(RecordChange(STREAM, row.name, document, row))
            except Contended:
                continue
            if new is None:
                self._known.pop(row.name, None)
            return new
        raise Contended

    async def drop(self, stream: DeliveryStream) -> None:
        """Forget a delivery stream and what it buffers."""
        await self._db.drop_spaces([stream.space])
        try:
            await self.change(stream.account, stream.region, stream.name, lambda old: None)
        except Gone:
            return

    def _decoded(self, row: Row) -> DeliveryStream:
        known = self._known.get(row.name)
        if known is not None and known[0] == row.document:
            return known[1]
        stream = _decode(row.document)
        self._known[row.name] = row.document, stream
        return stream

    # Their buffers

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


def _name(stream: DeliveryStream) -> str:
    return f"{stream.account}|{stream.region}|{stream.name}"


def _hash(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=16).digest()


def _progress_key(stream: DeliveryStream, channel: str) -> Key:
    return stream.space, _hash(f"channel|{channel}"), b"", b""


def _taken_key(stream: DeliveryStream, space: int, shard: int) -> Key:
    return stream.space, _hash(f"taken|{space}"), shard.to_bytes(8, "big"), b""
