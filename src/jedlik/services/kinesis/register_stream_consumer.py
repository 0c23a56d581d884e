"""RegisterStreamConsumer: a consumer with enhanced fan-out."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.descriptions import shown_consumer
from jedlik.services.kinesis.errors import in_use, limit_exceeded
from jedlik.services.kinesis.limits import CONSUMERS_MAX
from jedlik.services.kinesis.names import OnStream, found_stream
from jedlik.services.kinesis.records import Consumer
from jedlik.services.kinesis.store import Store
from jedlik.services.kinesis.tags import with_tags


@operation(
    "kinesis",
    "RegisterStreamConsumer",
    access="write",
    permissions=OnStream("RegisterStreamConsumer"),
)
async def register_stream_consumer(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await found_stream(ctx, req)
    store = Store.of(ctx.db)
    name = req["ConsumerName"]
    if len(await store.consumers(stream)) >= CONSUMERS_MAX:
        raise limit_exceeded(f"Stream {stream.name} has {CONSUMERS_MAX} consumers.")  # unverified

    def made(old: Consumer | None) -> Consumer:
        if old is not None:
            raise in_use(f"Consumer {name} of stream {stream.name} already exists.")  # unverified
        tags = with_tags({}, req.get("Tags", {}))
        return Consumer(stream.arn, name, int(ctx.now * 1000), tags=tags)

    consumer = await store.change_consumer(stream, name, made)
    assert consumer is not None
    return {"Consumer": {**shown_consumer(consumer), "ConsumerStatus": "CREATING"}}
