"""GetShardIterator: where to begin reading a shard."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import NotFound, unless_dry
from jedlik.services.kinesis.iterators import Iterator, write_iterator
from jedlik.services.kinesis.names import OnStream, usable_stream
from jedlik.services.kinesis.reading import position_of


@operation("kinesis", "GetShardIterator", access="read", permissions=OnStream("GetShardIterator"))
async def get_shard_iterator(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await usable_stream(ctx, req)
    shard = stream.shard(req["ShardId"])
    if shard is None:
        raise NotFound.shard(req["ShardId"], stream.name, stream.account)
    kind = req["ShardIteratorType"]
    position = await position_of(ctx, stream, shard, req, kind, "GetShardIterator")
    unless_dry(req)
    iterator = Iterator.on(stream, shard.index, position)
    secret = await ctx.db.streams.secret()
    now_ms = int(ctx.now * 1000)
    return {"ShardIterator": write_iterator(iterator, secret=secret, now_ms=now_ms)}
