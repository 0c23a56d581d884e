"""Reading a shard: positions in its log, and records as they are shown."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jedlik.api.context import Context
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.iterators import HORIZON
from jedlik.services.kinesis.records import LogRecord, Stream, decode
from jedlik.services.kinesis.shards import Shard, shard_id
from jedlik.services.kinesis.store import Store
from jedlik.storage.waist import Engine

HOUR_MS = 3_600_000
PAGE_RECORDS = 1000


@dataclass(frozen=True)
class Portion:
    """What one look at a shard finds. position: where to go on. behind_ms: the age of the next
    record, 0 at the tip. ended: nothing will ever follow. size: bytes of data and keys.
    age_ms: of the last record shown, 0 where the reader has caught up."""

    records: list[dict[str, Any]]
    position: int
    behind_ms: int
    ended: bool
    size: int
    age_ms: int


async def read(
    ctx: Context,
    stream: Stream,
    shard: Shard,
    position: int,
    now_ms: int,
    *,
    count_max: int,
    bytes_max: int,
) -> Portion:
    """The records after `position`, as many as may be."""
    engine: Engine = ctx.db.engine
    # In this order: what is there when the shard is closed is all that there will be.
    closed = await Store.of(ctx.db).is_closed(stream, shard.index)
    bounds = await engine.log_bounds(stream.space, shard.index)
    position = max(position, bounds.first - 1)
    oldest_ms = now_ms - stream.retention_hours * HOUR_MS
    shown: list[dict[str, Any]] = []
    size, behind_ms, last_ms, full = 0, 0, now_ms, False
    while position < bounds.last and not full:
        entries = await engine.log_read(
            stream.space, shard.index, position, PAGE_RECORDS, byte_limit=min(bytes_max, 4 << 20)
        )
        if not entries:
            break
        for entry in entries:
            record = decode(entry.record)
            if record.at_ms < oldest_ms:
                position = entry.seq
                continue
            more = len(record.data) + len(record.key.encode())
            if len(shown) >= count_max or (shown and size + more > bytes_max):
                full = True
                behind_ms = max(now_ms - record.at_ms, 0)
                break
            size += more
            shown.append(_shown(record, shard.number(entry.seq)))
            position, last_ms = entry.seq, record.at_ms
    ended = closed and position >= bounds.last
    age_ms = max(now_ms - last_ms, 0) if full else 0
    return Portion(shown, position, behind_ms, ended, size, age_ms)


def _shown(record: LogRecord, number: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "SequenceNumber": number,
        "ApproximateArrivalTimestamp": record.at_ms / 1000,
        "Data": b64encode(record.data).decode(),
    }
    if record.key:  # only what a stream distributes by itself may have none
        shown["PartitionKey"] = record.key
    if record.encryption is not None:
        shown["EncryptionType"] = record.encryption
    return shown


async def position_of(
    ctx: Context, stream: Stream, shard: Shard, wanted: Mapping[str, Any], kind: str, what: str
) -> int:
    """The position that an iterator type and what goes with it mean. Raises ApiError.

    what: "GetShardIterator" or "SubscribeToShard", for the texts.
    """
    bounds = await Store.of(ctx.db).bounds(stream, shard.index)
    if kind == "TRIM_HORIZON":
        return HORIZON
    if kind == "LATEST":
        return bounds.last
    if kind == "AT_TIMESTAMP":
        if "Timestamp" not in wanted:
            raise invalid("Must specify timestampInMillis parameter for iterator of type "
                          "AT_TIMESTAMP. Current request has no timestamp parameter.")  # fmt: skip
        wanted_ms = int(wanted["Timestamp"] * 1000)
        if wanted_ms > int(ctx.now * 1000) + 1000:
            raise invalid(
                f"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: {wanted_ms}, currentTimestampInMillis: {int(ctx.now * 1000)}"  # noqa: E501
            )
        return await _position_of_time(ctx.db.engine, stream, shard, wanted_ms)
    # botocore names it so in StartingPosition, GetShardIterator otherwise.
    number = wanted.get("StartingSequenceNumber", wanted.get("SequenceNumber"))
    if number is None:
        raise invalid(
            f"Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER with a "
            f"starting sequence number or (2) another iterator type in {what}."  # unverified
        )
    seq = shard.seq_of(number)
    if seq is None or seq > bounds.last:
        raise invalid(
            f"StartingSequenceNumber {number} used in {what} on shard {shard.id} in stream "
            f"{stream.name} under account {stream.account} is invalid because it did not come "
            "from this stream."
        )
    end = number == shard.end_number(seq)
    return seq if kind == "AFTER_SEQUENCE_NUMBER" or end else max(seq - 1, 0)


async def _position_of_time(engine: Engine, stream: Stream, shard: Shard, wanted_ms: int) -> int:
    """After which seq the first record at or after a time comes. Times in a log grow."""
    bounds = await engine.log_bounds(stream.space, shard.index)
    low, high = bounds.first - 1, bounds.last
    while low < high:
        middle = (low + high) // 2
        entries = await engine.log_read(stream.space, shard.index, middle, 1)
        if entries and decode(entries[0].record).at_ms < wanted_ms:
            low = middle + 1
        else:
            high = middle
    return low


def child_shards(stream: Stream, shard: Shard) -> list[dict[str, Any]]:
    """The shards that follow one that has ended."""
    return [
        {
            "ShardId": child.id,
            "ParentShards": [
                shard_id(parent) for parent in (child.parent, child.adjacent) if parent is not None
            ],
            "HashKeyRange": {"StartingHashKey": child.first, "EndingHashKey": child.last},
        }
        for child in stream.shards
        if shard.index in (child.parent, child.adjacent)
    ]
