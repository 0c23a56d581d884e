"""GetShardIterator: where to begin reading a shard."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import validation
from jedlik.api.operation import operation
from jedlik.changes.shards import Shard, seq_of
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodbstreams.errors import (
    INVALID,
    ResourceNotFound,
    number_outside_shard,
    trimmed,
)
from jedlik.services.dynamodbstreams.iterators import HORIZON, Iterator, write_iterator
from jedlik.services.dynamodbstreams.positions import Extent, extent_of, position_of_time
from jedlik.services.dynamodbstreams.stream_names import found_stream
from jedlik.tables.streams import Stream

NUMBERED = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


def number_fits_type(req: dict[str, Any]) -> str | None:
    given = "SequenceNumber" in req
    if req["ShardIteratorType"] not in NUMBERED:
        if given:
            return f"{INVALID}SequenceNumber should not be passed for this iterator type"
    elif not given or not req["SequenceNumber"].isdigit():
        return f"{INVALID}Invalid SequenceNumber"
    return None


def timestamp_fits_type(req: dict[str, Any]) -> str | None:
    """Unverified: the texts, which are made after those for sequence numbers."""
    given = "Timestamp" in req
    if req["ShardIteratorType"] != "AT_TIMESTAMP":
        return f"{INVALID}Timestamp should not be passed for this iterator type" if given else None
    return None if given else f"{INVALID}Invalid Timestamp"


@operation(
    "dynamodbstreams",
    "GetShardIterator",
    access="read",
    permissions=on_table("GetShardIterator"),
    rules=[number_fits_type, timestamp_fits_type],
)
async def get_shard_iterator(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    now_ms = int(ctx.now * 1000)
    stream = await found_stream(ctx, req["StreamArn"])
    shard = next((each for each in stream.shards if each.id == req["ShardId"]), None)
    if shard is None:
        raise ResourceNotFound.shard()
    position = await _position(ctx, req, stream, shard, now_ms)
    iterator = Iterator(stream.arn, shard.part, shard.ordinal, position)
    secret = await ctx.db.streams.secret()
    return {"ShardIterator": write_iterator(iterator, secret=secret, now_ms=now_ms)}


async def _position(
    ctx: Context, req: dict[str, Any], stream: Stream, shard: Shard, now_ms: int
) -> int:
    kind = req["ShardIteratorType"]
    if kind == "TRIM_HORIZON":
        return HORIZON
    extent = await extent_of(ctx.db, stream, shard)
    if kind == "LATEST":
        return extent.upto
    if kind == "AT_TIMESTAMP":
        wanted_ms = int(req["Timestamp"] * 1000)
        if wanted_ms > now_ms:
            raise validation("Timestamp must not be in the future")  # Unverified: the text.
        return await position_of_time(ctx.db.engine, stream, shard.part, extent, wanted_ms)
    return _position_of_number(shard, extent, req["SequenceNumber"], kind == NUMBERED[0])


def _position_of_number(shard: Shard, extent: Extent, number: str, including: bool) -> int:
    """The seq after which to go on. Raises ApiError for a number that the shard has not got."""
    seq = seq_of(number)
    if seq is None or seq > extent.upto or int(number) < int(shard.first_number):
        raise number_outside_shard()
    position = max(seq - 1 if including else seq, shard.after)
    if position < extent.after:
        raise trimmed()
    return position
