"""Which stream or consumer a request means, and what it asks permission for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.services.kinesis.errors import InUse, NotFound, invalid
from jedlik.services.kinesis.records import Consumer, Stream, stream_arn
from jedlik.services.kinesis.store import Store

Request = dict[str, Any]
Place = tuple[str, str, str]
ARN = re.compile(
    r"arn:aws[^:]*:kinesis:([^:]*):(\d{12}):stream/([^/]+)(?:/consumer/([^:]+):(\d+))?"
)


def place_of(ctx: Context, req: Request, member: str = "StreamARN") -> Place:
    """Account, region and name of the stream that a request names. Raises ApiError."""
    arn = req.get(member)
    if arn is not None:
        parts = ARN.fullmatch(arn)
        if parts is None:
            raise invalid(f"Invalid ARN: {arn}")  # unverified
        if "StreamName" in req and req["StreamName"] != parts[3]:
            raise invalid("StreamName and StreamARN name different streams.")  # unverified
        return parts[2], parts[1], parts[3]
    if "StreamName" not in req:
        raise invalid("Either StreamName or StreamARN must be specified.")  # unverified
    return ctx.account, ctx.region, req["StreamName"]


async def found_stream(ctx: Context, req: Request, member: str = "StreamARN") -> Stream:
    """The stream that a request names, in whatever state. Raises ApiError."""
    return await stream_at(ctx, place_of(ctx, req, member))


async def stream_at(ctx: Context, place: Place) -> Stream:
    account, region, name = place
    if region != ctx.region or (account != ctx.account and account not in ctx.granted):
        raise NotFound.stream(name, account)
    stream = await Store.of(ctx.db).get(account, region, name)
    if stream is None:
        raise NotFound.stream(name, account)
    return stream


def check_created(stream: Stream, req: Request) -> None:
    """Raises ApiError for a stream that has the name, but was not created at the time that a
    request asks for (API reference, StreamCreationTimestamp). Unverified: the error."""
    wanted = req.get("StreamCreationTimestamp")
    if wanted is not None and int(wanted) != stream.created_ms // 1000:
        raise NotFound.stream(stream.name, stream.account)


async def usable_stream(ctx: Context, req: Request, member: str = "StreamARN") -> Stream:
    """A stream that can be written and read: ACTIVE or UPDATING. Raises ApiError."""
    stream = await found_stream(ctx, req, member)
    check_usable(stream)
    return stream


def check_usable(stream: Stream) -> None:
    if stream.status in ("CREATING", "DELETING"):
        raise NotFound.stream(stream.name, stream.account)


def check_active(stream: Stream) -> None:
    if stream.status != "ACTIVE":
        raise InUse.not_active(stream.name, stream.account, stream.status)


async def change_stream(ctx: Context, req: Request, how: Callable[[Stream], Stream]) -> Stream:
    """Change an ACTIVE stream. Raises ApiError."""
    stream = await found_stream(ctx, req)

    def changed(now: Stream) -> Stream:
        check_active(now)
        return how(now)

    found = await Store.of(ctx.db).change(stream.account, stream.region, stream.name, changed)
    assert found is not None
    return found


async def found_consumer(ctx: Context, req: Request) -> tuple[Stream, Consumer]:
    """The consumer that a request names by its ARN, or its name and its stream's. ApiError."""
    arn = req.get("ConsumerARN")
    if arn is None and not ("StreamARN" in req and "ConsumerName" in req):
        raise invalid("Either ConsumerARN or both StreamARN and ConsumerName must be specified.")
    if arn is not None:
        parts = ARN.fullmatch(arn)
        if parts is None or parts[4] is None:
            raise invalid(f"Invalid consumer ARN: {arn}")  # unverified
        stream = await stream_at(ctx, (parts[2], parts[1], parts[3]))
        name = parts[4]
    else:
        stream = await found_stream(ctx, req)
        name = req["ConsumerName"]
    consumer = await Store.of(ctx.db).consumer(stream, name)
    if consumer is None or (arn is not None and consumer.arn != arn):
        raise NotFound.consumer(arn or name)
    return stream, consumer


class OnStream:
    """An operation's own action on its stream, or on the consumer that it names."""

    __slots__ = ("_action", "_member")

    def __init__(self, action: str, member: str = "StreamARN") -> None:
        self._action = f"kinesis:{action}"
        self._member = member

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask] | None:
        place, arn = self._place(ctx, req)
        if place is None:
            return (Ask(self._action, arn),)
        stream = Store.of(ctx.db).known(*place)
        if stream is None or stream.policy is not None or "/consumer/" in arn:
            return None
        return (Ask(self._action, arn),)

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        place, arn = self._place(ctx, req)
        if place is None:
            return (Ask(self._action, arn),)
        store = Store.of(ctx.db)
        stream = await store.get(*place)
        policy = None if stream is None else stream.policy
        parts = ARN.fullmatch(arn)
        if stream is not None and parts is not None and parts[4] is not None:
            consumer = await store.consumer(stream, parts[4])
            policy = None if consumer is None else consumer.policy
        if policy is None:
            return (Ask(self._action, arn),)
        return (Ask(self._action, arn, policies={arn: policy}, stamp=policy),)

    def _place(self, ctx: Context, req: Request) -> tuple[Place | None, str]:
        for member in (self._member, "ResourceARN", "ConsumerARN", "StreamARN"):
            arn = req.get(member)
            if arn is not None:
                parts = ARN.fullmatch(arn)
                return (None if parts is None else (parts[2], parts[1], parts[3])), arn
        name = req.get("StreamName", "")
        return (ctx.account, ctx.region, name), stream_arn(ctx.account, ctx.region, name)
