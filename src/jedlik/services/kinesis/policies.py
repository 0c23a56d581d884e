"""Resource policies of streams and consumers; `names.OnStream` hands them to whoever judges."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.identity.policy import Malformed, check_document
from jedlik.services.kinesis.errors import NotFound, invalid
from jedlik.services.kinesis.limits import POLICY_BYTES_MAX
from jedlik.services.kinesis.names import ARN, found_consumer, found_stream
from jedlik.services.kinesis.records import Consumer, Stream
from jedlik.services.kinesis.store import Store


def checked(text: str) -> str:
    """Raises ApiError. Unverified texts."""
    if len(text.encode()) > POLICY_BYTES_MAX:
        raise invalid(f"A policy can have at most {POLICY_BYTES_MAX} bytes.")
    try:
        check_document(text, kind="resource")
    except Malformed as fault:
        raise invalid(f"Invalid policy document: {fault.message}") from None
    return text


async def policy_of(ctx: Context, arn: str) -> str | None:
    """Raises ApiError."""
    if _is_consumer(arn):
        return (await found_consumer(ctx, {"ConsumerARN": arn}))[1].policy
    return (await found_stream(ctx, {"StreamARN": arn})).policy


async def set_policy(ctx: Context, req: dict[str, Any], text: str | None) -> None:
    """Raises ApiError; for None where there was none."""
    arn, store = req["ResourceARN"], Store.of(ctx.db)
    if text is None and await policy_of(ctx, arn) is None:
        raise NotFound.policy(arn)
    if _is_consumer(arn):
        stream, consumer = await found_consumer(ctx, {"ConsumerARN": arn})

        def consumed(now: Consumer | None) -> Consumer:
            if now is None:
                raise NotFound.consumer(arn)
            return msgspec.structs.replace(now, policy=text)

        await store.change_consumer(stream, consumer.name, consumed)
        return
    stream = await found_stream(ctx, {"StreamARN": arn})

    def changed(now: Stream) -> Stream:
        return msgspec.structs.replace(now, policy=text)

    await store.change(stream.account, stream.region, stream.name, changed)


def _is_consumer(arn: str) -> bool:
    parts = ARN.fullmatch(arn)
    return parts is not None and parts[4] is not None
