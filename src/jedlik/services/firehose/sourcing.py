"""Fills the buffer of a delivery stream from its Kinesis stream.

Shard by shard, a shard after its parents; records and the place reached are stored in one commit.
Nothing more is taken while an object's worth waits to be delivered: Kinesis keeps it as well.
"""

from __future__ import annotations

import logging

from jedlik.services.firehose.aggregated import records_of
from jedlik.services.firehose.metrics import Counts
from jedlik.services.firehose.records import DeliveryStream, Record, Source
from jedlik.services.firehose.roles import Refused, Roles
from jedlik.services.firehose.store import Store
from jedlik.services.kinesis import Store as KinesisStore
from jedlik.services.kinesis import Stream
from jedlik.services.kinesis.records import decode
from jedlik.services.kinesis.shards import Shard
from jedlik.tables.database import Database

RECORDS_PER_READ = 1000
BYTES_PER_READ = 1 << 20
HOUR_MS = 3_600_000

_log = logging.getLogger("jedlik.firehose")


async def beginning(db: Database, stream: Stream, role: str, now_ms: int) -> Source:
    """A source that begins with what is put into a stream from now on."""
    kinesis = KinesisStore.of(db)
    start = {each.index: (await kinesis.bounds(stream, each.index)).last for each in stream.shards}
    return Source(stream.arn, role, stream.space, start, now_ms)


class Sourcer:
    """strict: see `roles.py`."""

    def __init__(self, db: Database, *, strict: bool = False) -> None:
        self._db = db
        self._store = Store.of(db)
        self._kinesis = KinesisStore.of(db)
        self._counts = Counts(db)
        self._roles = Roles(db, strict=strict)
        self._ended: set[tuple[int, int, int]] = set()
        """Shards that are taken to their ends: our space, the stream's, the shard."""
        self._refused: set[int] = set()

    async def advance(self, stream: DeliveryStream, now_ms: int) -> bool:
        """Take some of what is new; whether there may be more. Raises Gone, Contended."""
        source = stream.source
        assert source is not None
        found = await self._kinesis.by_arn(source.stream_arn)
        if found is None or found.status in ("CREATING", "DELETING"):
            return False
        if not self._may_read(stream, source):
            return False
        more = False
        shards = {each.index for each in found.shards}
        for shard in found.shards:
            at = stream.space, found.space, shard.index
            if at in self._ended:
                continue
            parents = {shard.parent, shard.adjacent} & shards
            if all((stream.space, found.space, parent) in self._ended for parent in parents):
                more |= await self._take(stream, source, found, shard, now_ms)
        return more

    def _may_read(self, stream: DeliveryStream, source: Source) -> bool:
        try:
            self._roles.require_reading(stream, source.role_arn, source.stream_arn)
        except Refused as refused:
            if stream.space not in self._refused:
                self._refused.add(stream.space)
                _log.warning("delivery stream %s: Kinesis.AccessDenied: %s", stream.name, refused)
            return False
        self._refused.discard(stream.space)
        return True

    async def _take(
        self, stream: DeliveryStream, source: Source, found: Stream, shard: Shard, now_ms: int
    ) -> bool:
        # In this order: what is there when the shard is closed is all that there will be.
        closed = await self._kinesis.is_closed(found, shard.index)
        taken, version = await self._store.taken(stream, found.space, shard.index)
        if taken is None:
            taken = source.start.get(shard.index, 0) if found.space == source.space else 0
        entries = await self._db.engine.log_read(
            found.space, shard.index, taken, RECORDS_PER_READ, byte_limit=BYTES_PER_READ
        )
        if not entries:
            if closed:
                self._ended.add((stream.space, found.space, shard.index))
            return closed  # its children are next
        oldest_ms = now_ms - found.retention_hours * HOUR_MS
        records = []
        for entry in entries:
            record = decode(entry.record)
            if record.at_ms >= oldest_ms:
                records += [Record(record.at_ms, each, now_ms) for each in records_of(record.data)]
        await self._store.take(
            stream,
            records,
            space=found.space,
            shard=shard.index,
            upto=entries[-1].seq,
            version=version,
        )
        size = sum(len(each.data) for each in records)
        self._counts.add(stream, "DataReadFromKinesisStream.Records", len(records))
        self._counts.add(stream, "DataReadFromKinesisStream.Bytes", size, "Bytes")
        return True
