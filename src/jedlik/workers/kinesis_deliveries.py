"""Delivers tables' changes to Kinesis streams: DynamoDB's "Kinesis streaming destinations".

A follower of each table's log, part by part, so that the changes of an item keep their order. The
records and the place reached are one commit (`tables/destinations.py`): whatever dies in between,
every change is delivered, and once. Writers never wait for it. A shard that takes no more this
second gets the rest later: whatever comes after it in its part of the log waits, too.
"""

from __future__ import annotations

import asyncio
from base64 import b16encode
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from msgspec.structs import replace

from jedlik.changes.record import Record, decode_record
from jedlik.services.kinesis import LogRecord, Store, Stream, StreamGone, encode
from jedlik.services.kinesis.meters import Meters
from jedlik.services.kinesis.metrics import Metrics, Written
from jedlik.services.kinesis.shards import Shard, hash_key
from jedlik.services.kinesis.store import ShardClosed
from jedlik.storage.waist import ABSENT, LogEntry, Put
from jedlik.tables.database import Database
from jedlik.tables.destinations import WAKE, cursor_key, cursor_value, position
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Destination, Table
from jedlik.values import item_size

RECORDS_PER_STEP = 200
BYTES_PER_STEP = 2 << 20
TTL_ACTOR = "ttl"
SERVICE = {"principalId": "dynamodb.amazonaws.com", "type": "Service"}
SETTLED = {"ENABLING": "ACTIVE", "UPDATING": "ACTIVE"}
GONE = "The stream was deleted."  # unverified, as is that the destination then is disabled


class KinesisDeliveries:
    """Awake for as long as a table has a destination. limited: by what shards take."""

    def __init__(self, db: Database, *, limited: bool = True) -> None:
        self._db = db
        self._store = Store.of(db)
        self._meters = Meters.of(db) if limited else None
        self.wake = db.internal_changes.setdefault(WAKE, asyncio.Event())
        self.wake.set()  # an earlier process may have left something

    async def step(self, now_ms: int) -> bool:
        self.wake.clear()
        more = False
        awake = self._db.catalog.shared
        async for table in self._db.catalog.tables():
            for destination in table.destinations:
                awake |= destination.is_owed
                try:
                    if destination.status in SETTLED:
                        await self._set(table, destination, SETTLED[destination.status])
                    elif destination.is_owed:
                        more |= await self._deliver(table, destination)
                except Contended:
                    more = True
                except TableNotFound:
                    break
        if awake:
            self.wake.set()
        return more

    async def _deliver(self, table: Table, destination: Destination) -> bool:
        """Deliver some of what is new; whether there may be more."""
        stream = await self._store.by_arn(destination.stream_arn)
        if stream is None or stream.space != destination.space or stream.status == "DELETING":
            await self._set(table, destination, "DISABLED", GONE)
            return False
        if stream.status == "CREATING":
            return False
        more, owed = False, False
        for part in range(table.parts):
            try:
                some, rest = await self._deliver_part(table, destination, stream, part)
            except (ShardClosed, StreamGone):
                return True  # another look at the stream
            more |= some and not rest
            owed |= some or rest
        if destination.status == "DISABLING" and not owed:
            await self._set(table, destination, "DISABLED")
        return more

    async def _deliver_part(
        self, table: Table, destination: Destination, stream: Stream, part: int
    ) -> tuple[bool, bool]:
        """Deliver some of one part; whether that was anything, and whether a shard was full."""
        engine = self._db.engine
        key = cursor_key(table, destination, part)
        row = await engine.get_one(key)
        after = position(destination, part, row)
        entries = await engine.log_read(
            table.log_space, part, after, RECORDS_PER_STEP, byte_limit=BYTES_PER_STEP
        )
        if destination.status == "DISABLING":
            stop = destination.stop[part] if destination.stop else after
            entries = [each for each in entries if each.seq <= stop]
        by_shard: dict[int, list[bytes]] = {}
        sizes: dict[int, int] = {}
        now_ms = self._db.clock.now_ms()
        reached = after
        for entry in entries:
            partition_key, data = _told(table, destination, part, entry)
            shard = stream.shard_for(hash_key(partition_key))
            size = len(partition_key) + len(data)
            if not self._takes(stream, shard, size, now_ms):
                break
            sizes[shard.index] = sizes.get(shard.index, 0) + size
            record = LogRecord(now_ms, partition_key, data, "KMS" if stream.key_id else None)
            by_shard.setdefault(shard.index, []).append(encode(record))
            reached = entry.seq
        if by_shard:
            expect = ABSENT if row is None else row.version
            cursor = Put(key, expect, cursor_value(reached))
            await self._store.append(stream, by_shard, [cursor])
            Metrics(self._db, stream).written(
                Written(index, len(part), sizes[index], 0) for index, part in by_shard.items()
            )
        return bool(by_shard), bool(entries) and reached < entries[-1].seq

    def _takes(self, stream: Stream, shard: Shard, size: int, now_ms: int) -> bool:
        meters = self._meters
        return meters is None or meters.write(stream.space, shard.index, size, now_ms / 1000)

    async def _set(
        self, table: Table, destination: Destination, status: str, description: str = ""
    ) -> None:
        changed = replace(destination, status=status, description=description)
        table = await self._db.current(table)
        if destination not in table.destinations:
            return
        others = tuple(changed if each == destination else each for each in table.destinations)
        await self._db.replace_table(table, replace(table, destinations=others))


def _told(table: Table, destination: Destination, part: int, entry: LogEntry) -> tuple[str, bytes]:
    """The partition key and the data of the record that tells of a change."""
    record = decode_record(entry.record)
    image = record.new or record.old
    assert image is not None
    item = orjson.loads(image[4:])
    keys = {name: item[name] for name in table.keys.names}
    in_us = destination.precision == "MICROSECOND"
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": record.at_ms * 1000 if in_us else record.at_ms,
        "ApproximateCreationDateTimePrecision": destination.precision,
        "Keys": keys,
    }
    size = item_size(keys)
    for member, stored in (("NewImage", record.new), ("OldImage", record.old)):
        if stored is not None:
            change[member] = orjson.Fragment(stored[4:])
            size += int.from_bytes(stored[:4], "little")
    change["SizeBytes"] = size
    place = f"{table.id}|{part}|{entry.seq}".encode()
    told = {
        "awsRegion": table.region,
        "eventID": str(UUID(bytes=blake2b(place, digest_size=16).digest(), version=4)),
        "eventName": _event_name(record),
        "userIdentity": SERVICE if record.actor == TTL_ACTOR else None,
        "recordFormat": "application/json",
        "tableName": table.name,
        "dynamodb": change,
        "eventSource": "aws:dynamodb",
    }
    digest = blake2b(orjson.dumps([table.name, keys]), digest_size=16).digest()
    return b16encode(digest).decode(), orjson.dumps(told)


def _event_name(record: Record) -> str:
    if record.old is None:
        return "INSERT"
    return "REMOVE" if record.new is None else "MODIFY"
