"""DeregisterStreamConsumer: its subscriptions end."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream, found_consumer
from jedlik.services.kinesis.store import Store


@operation(
    "kinesis",
    "DeregisterStreamConsumer",
    access="write",
    permissions=OnStream("DeregisterStreamConsumer"),
)
async def deregister_stream_consumer(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream, consumer = await found_consumer(ctx, req)
    await Store.of(ctx.db).change_consumer(stream, consumer.name, lambda old: None)
    return {}
