"""GetRecords: the next records of a shard, and where to go on."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.changes.record import decode_record
from jedlik.changes.shards import Shard, seq_of
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodbstreams import limits
from jedlik.services.dynamodbstreams.errors import INVALID, trimmed
from jedlik.services.dynamodbstreams.iterators import (
    HORIZON,
    Iterator,
    read_iterator,
    write_iterator,
)
from jedlik.services.dynamodbstreams.positions import extent_of
from jedlik.services.dynamodbstreams.records import stream_record
from jedlik.services.dynamodbstreams.stream_names import found_stream
from jedlik.tables.counts import Counted, Counts
from jedlik.tables.streams import Stream

NAMESPACE = "AWS/DynamoDB"


def limit_in_bounds(req: dict[str, Any]) -> str | None:
    if req.get("Limit", 1) <= limits.GET_RECORDS_MAX:
        return None
    return f"{INVALID}Limit should be less than or equal to {limits.GET_RECORDS_MAX}"


@operation(
    "dynamodbstreams",
    "GetRecords",
    access="read",
    permissions=on_table("GetRecords"),
    rules=[limit_in_bounds],
)
async def get_records(ctx: Context, req: dict[str, Any]) -> bytes:
    now_ms = int(ctx.now * 1000)
    secret = await ctx.db.streams.secret()
    iterator = read_iterator(req["ShardIterator"], secret=secret, now_ms=now_ms)
    stream = await found_stream(ctx, iterator.arn)
    shard = _shard(stream, iterator)
    extent = await extent_of(ctx.db, stream, shard)
    position = extent.after if iterator.position == HORIZON else iterator.position
    if position < extent.after:
        raise trimmed()
    limit, start = req.get("Limit", limits.GET_RECORDS_MAX), position
    records, position = await _read(
        ctx, stream, shard, after=position, upto=extent.upto, limit=limit
    )
    final, upto = extent.final, extent.upto
    if ctx.db.streams.shared:
        now = await ctx.db.streams.settled(stream, shard)
        if now is None:
            raise trimmed()
        if not now[1]:
            records, position = [], start
        elif now[0].upto is not None:
            final, upto = True, now[0].upto
            records = [told for told in records if (seq_of(_number(told)) or 0) <= upto]
            position = min(position, upto)
    _count(ctx, stream, records)
    answer: dict[str, Any] = {"Records": records}
    if not final or position < upto:
        further = Iterator(stream.arn, shard.part, shard.ordinal, position)
        answer["NextShardIterator"] = write_iterator(further, secret=secret, now_ms=now_ms)
    return orjson.dumps(answer)


def _count(ctx: Context, stream: Stream, records: list[dict[str, Any]]) -> None:
    """What was read, for CloudWatch, under AWS's names."""
    counts = Counts.of(ctx.db)
    dimensions = (
        ("Operation", "GetRecords"),
        ("StreamLabel", stream.label),
        ("TableName", stream.table),
    )
    size = sum(each["dynamodb"]["SizeBytes"] for each in records)
    for metric, value, unit in (
        ("ReturnedRecordsCount", len(records), "Count"),
        ("ReturnedBytes", size, "Bytes"),
    ):
        where = Counted(stream.account, stream.region, NAMESPACE, metric, dimensions, unit)
        counts.add(where, value)


def _shard(stream: Stream, iterator: Iterator) -> Shard:
    """The shard of an iterator. One that is not there any more was trimmed with all it had."""
    for shard in stream.shards:
        if shard.part == iterator.part and shard.ordinal == iterator.ordinal:
            return shard
    raise trimmed()


def _number(told: dict[str, Any]) -> str:
    number: str = told["dynamodb"]["SequenceNumber"]
    return number


async def _read(
    ctx: Context, stream: Stream, shard: Shard, *, after: int, upto: int, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """Records from the one after `after` on, and the seq of the last one."""
    records: list[dict[str, Any]] = []
    room = limits.GET_RECORDS_BYTES_MAX
    while after < upto and len(records) < limit:
        entries = await ctx.db.engine.log_read(
            stream.log_space, shard.part, after, min(limit - len(records), upto - after)
        )
        if not entries:
            break
        for entry in entries:
            told = stream_record(stream, decode_record(entry.record), shard.number(entry.seq))
            room -= told["dynamodb"]["SizeBytes"]
            if room < 0 and records:
                return records, after
            records.append(told)
            after = entry.seq
    return records, after
