"""GetRecords: the next records of a shard, and where to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis import limits
from jedlik.services.kinesis.errors import NotFound, rate_exceeded, throttled, unless_dry
from jedlik.services.kinesis.iterators import Iterator, claimed, read_iterator, write_iterator
from jedlik.services.kinesis.meters import Meters
from jedlik.services.kinesis.metrics import Metrics
from jedlik.services.kinesis.metrics import now_ms as metrics_ms
from jedlik.services.kinesis.names import OnStream, check_usable, stream_at
from jedlik.services.kinesis.reading import child_shards, read
from jedlik.services.kinesis.records import stream_arn
from jedlik.services.kinesis.shards import shard_id

_ON_STREAM = OnStream("GetRecords")


class _OnIterator:
    """Its own action on the stream of the iterator."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask] | None:
        return _ON_STREAM.asks(ctx, _named(req))

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return await _ON_STREAM.asks_after_reading(ctx, _named(req))


def _named(req: dict[str, Any]) -> dict[str, Any]:
    return {"StreamARN": stream_arn(*claimed(req["ShardIterator"]).place)}


@operation("kinesis", "GetRecords", access="read", permissions=_OnIterator())
async def get_records(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    began_ms, now_ms = metrics_ms(), int(ctx.now * 1000)
    secret = await ctx.db.streams.secret()
    iterator = read_iterator(req["ShardIterator"], secret=secret, now_ms=now_ms)
    stream = await stream_at(ctx, iterator.place)
    check_usable(stream)
    shard = stream.shard(shard_id(iterator.shard))
    if shard is None or stream.created_ms != iterator.created_ms:
        raise NotFound.shard(shard_id(iterator.shard), stream.name, stream.account)
    unless_dry(req)
    meters, metrics = Meters.of(ctx.db), Metrics(ctx.db, stream)
    limited = getattr(ctx.settings, "throttling", "on") == "on"
    too_much = limited and not meters.read_call(stream.space, shard.index, ctx.now)
    metrics.read_call(shard.index, throttled=too_much)
    metrics.add("GetRecords.Success", int(not too_much))
    if too_much:
        raise throttled(rate_exceeded(shard.id, stream.name, stream.account))
    found = await read(
        ctx,
        stream,
        shard,
        iterator.position,
        now_ms,
        count_max=req.get("Limit", limits.GET_RECORDS_MAX),
        bytes_max=limits.GET_BYTES_MAX,
    )
    if limited:
        meters.read(stream.space, shard.index, found.size, ctx.now)
    metrics.was_read(
        shard.index, records=len(found.records), size=found.size, behind_ms=found.age_ms
    )
    metrics.add("GetRecords.Latency", metrics_ms() - began_ms)
    answer: dict[str, Any] = {"Records": found.records, "MillisBehindLatest": found.behind_ms}
    if found.ended:
        answer["ChildShards"] = child_shards(stream, shard)
    else:
        further = Iterator.on(stream, shard.index, found.position)
        answer["NextShardIterator"] = write_iterator(further, secret=secret, now_ms=now_ms)
    return answer
