"""ListShards: those of a time, or all, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.services.kinesis.descriptions import shown_shard
from jedlik.services.kinesis.errors import expired_token, invalid
from jedlik.services.kinesis.iterators import Iterator, claimed, read_iterator, write_iterator
from jedlik.services.kinesis.limits import LIST_SHARDS
from jedlik.services.kinesis.names import (
    OnStream,
    check_created,
    check_usable,
    found_stream,
    stream_at,
)
from jedlik.services.kinesis.reading import HOUR_MS
from jedlik.services.kinesis.records import Stream, stream_arn
from jedlik.services.kinesis.shards import Shard, index_of

_ON_STREAM = OnStream("ListShards")


class _OnToken:
    """Its own action on the stream, which a token names where nothing else does."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask] | None:
        return _ON_STREAM.asks(ctx, _named(req))

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return await _ON_STREAM.asks_after_reading(ctx, _named(req))


def _named(req: dict[str, Any]) -> dict[str, Any]:
    if "NextToken" not in req:
        return req
    return {"StreamARN": stream_arn(*claimed(_place(req["NextToken"])).place)}


def _place(token: str) -> str:
    return token.partition("~")[0]


@operation("kinesis", "ListShards", access="list", permissions=_OnToken())
async def list_shards(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """A token is an iterator on the last shard shown, and the filter that it goes on with."""
    now_ms = int(ctx.now * 1000)
    secret = await ctx.db.streams.secret()
    wanted = req.get("ShardFilter")
    after = -1
    if "NextToken" in req:
        if "StreamName" in req or "StreamARN" in req:
            raise invalid("NextToken and StreamName cannot be provided together.")
        try:
            place = read_iterator(_place(req["NextToken"]), secret=secret, now_ms=now_ms)
        except ApiError as refusal:
            if refusal.code == "ExpiredIteratorException":
                raise expired_token() from None
            raise invalid("NextToken is invalid.") from None  # unverified
        stream = await stream_at(ctx, place.place)
        after = place.shard
        kind, _, seconds = req["NextToken"].partition("~")[2].partition("~")
        if kind:
            wanted = {"Type": kind, "Timestamp": float(seconds or 0)}
    else:
        stream = await found_stream(ctx, req)
        check_created(stream, req)
        if "ExclusiveStartShardId" in req:
            start = index_of(req["ExclusiveStartShardId"])
            if start is None:
                raise invalid("ExclusiveStartShardId is invalid.")  # unverified
            after = start
    check_usable(stream)
    rest = [each for each in _filtered(stream, wanted, now_ms) if each.index > after]
    limit = req.get("MaxResults", LIST_SHARDS)
    answer: dict[str, Any] = {
        "Shards": [await shown_shard(ctx, stream, each) for each in rest[:limit]]
    }
    if len(rest) > limit:
        place = Iterator.on(stream, rest[limit - 1].index, 0)
        token = write_iterator(place, secret=secret, now_ms=now_ms)
        if wanted is not None and wanted["Type"] != "AFTER_SHARD_ID":
            token += f"~{wanted['Type']}~{wanted.get('Timestamp', 0)}"
        answer["NextToken"] = token
    return answer


def _filtered(stream: Stream, wanted: dict[str, Any] | None, now_ms: int) -> list[Shard]:
    shards = list(stream.shards)
    if wanted is None:
        return shards
    kind = wanted["Type"]
    if kind == "AFTER_SHARD_ID":
        index = index_of(wanted.get("ShardId", ""))
        if index is None:
            raise invalid("ShardId must be provided for AFTER_SHARD_ID.")  # unverified
        return [each for each in shards if each.index > index]
    if kind == "AT_LATEST":
        return stream.open_shards
    horizon_ms = max(now_ms - stream.retention_hours * HOUR_MS, stream.created_ms)
    at_ms = horizon_ms
    if kind.endswith("TIMESTAMP"):
        if "Timestamp" not in wanted:
            raise invalid(f"Timestamp must be provided for {kind}.")  # unverified
        at_ms = max(int(wanted["Timestamp"] * 1000), horizon_ms)
    alive = [each for each in shards if each.closed_ms is None or each.closed_ms > at_ms]
    if kind.startswith("FROM"):
        return alive
    return [each for each in alive if each.opened_ms <= at_ms]
