"""ListDeliveryStreams: by name, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.limits import LIST_STREAMS
from jedlik.services.firehose.store import Store


@operation("firehose", "ListDeliveryStreams", access="list")
async def list_delivery_streams(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    after = req.get("ExclusiveStartDeliveryStreamName", "")
    limit = req.get("Limit", LIST_STREAMS)
    kind = req.get("DeliveryStreamType")
    found = [
        each.name
        for each in await Store.of(ctx.db).list(ctx.account, ctx.region, after=after)
        if kind in (None, each.kind)
    ]
    return {"DeliveryStreamNames": found[:limit], "HasMoreDeliveryStreams": len(found) > limit}
