"""Tags of streams and consumers: one set, which both of Kinesis' tagging interfaces show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.services.kinesis.errors import NotFound, invalid, limit_exceeded
from jedlik.services.kinesis.limits import TAGS_MAX
from jedlik.services.kinesis.names import ARN, found_consumer, found_stream
from jedlik.services.kinesis.records import Consumer, Stream
from jedlik.services.kinesis.store import Store

Tags = dict[str, str]


def with_tags(tags: Mapping[str, str], given: Mapping[str, str]) -> Tags:
    """Raises ApiError. Unverified texts."""
    for key in given:
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys that begin with aws: are reserved.")
    merged = {**tags, **given}
    if len(merged) > TAGS_MAX:
        raise limit_exceeded(f"A resource can have at most {TAGS_MAX} tags.")
    return merged


def _is_consumer(req: dict[str, Any]) -> bool:
    parts = ARN.fullmatch(req.get("ResourceARN", ""))
    return parts is not None and parts[4] is not None


async def tags_of(ctx: Context, req: dict[str, Any]) -> Tags:
    """The tags of what StreamName, StreamARN or ResourceARN names. Raises ApiError."""
    if _is_consumer(req):
        return (await found_consumer(ctx, {"ConsumerARN": req["ResourceARN"]}))[1].tags
    return (await found_stream(ctx, _stream(req))).tags


async def change_tags(ctx: Context, req: dict[str, Any], how: Callable[[Tags], Tags]) -> None:
    """Change them. Raises ApiError."""
    store = Store.of(ctx.db)
    if _is_consumer(req):
        stream, consumer = await found_consumer(ctx, {"ConsumerARN": req["ResourceARN"]})

        def consumed(now: Consumer | None) -> Consumer:
            if now is None:
                raise NotFound.consumer(consumer.name)
            return msgspec.structs.replace(now, tags=how(now.tags))

        await store.change_consumer(stream, consumer.name, consumed)
        return
    stream = await found_stream(ctx, _stream(req))

    def changed(now: Stream) -> Stream:
        return msgspec.structs.replace(now, tags=how(now.tags))

    await store.change(stream.account, stream.region, stream.name, changed)


def _stream(req: dict[str, Any]) -> dict[str, Any]:
    return {"StreamARN": req["ResourceARN"]} if "ResourceARN" in req else req
