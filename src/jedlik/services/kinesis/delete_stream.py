"""DeleteStream: a worker takes its records away."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import in_use
from jedlik.services.kinesis.names import OnStream, found_stream
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.store import Store


@operation("kinesis", "DeleteStream", access="write", permissions=OnStream("DeleteStream"))
async def delete_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await found_stream(ctx, req)
    store = Store.of(ctx.db)
    if not req.get("EnforceConsumerDeletion") and await store.consumers(stream):
        raise in_use(
            f"Stream {stream.name} under account {stream.account} has registered consumers."
        )  # unverified text

    def deleting(now: Stream) -> Stream:
        return msgspec.structs.replace(now, status="DELETING")

    await store.change(stream.account, stream.region, stream.name, deleting)
    return {}
