"""SubscribeToShard: a shard's records as they come, for up to five minutes."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import NotFound, in_use, unless_dry
from jedlik.services.kinesis.metrics import Metrics
from jedlik.services.kinesis.names import OnStream, check_usable, found_consumer
from jedlik.services.kinesis.reading import position_of
from jedlik.services.kinesis.subscriptions import Subscriptions, events


@operation(
    "kinesis",
    "SubscribeToShard",
    access="read",
    permissions=OnStream("SubscribeToShard", "ConsumerARN"),
    streams=True,
)
async def subscribe_to_shard(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream, consumer = await found_consumer(ctx, req)
    check_usable(stream)
    if consumer.status != "ACTIVE":
        raise in_use(f"Consumer {consumer.arn} is not ACTIVE.")  # unverified
    shard = stream.shard(req["ShardId"])
    if shard is None:
        raise NotFound.shard(req["ShardId"], stream.name, stream.account)
    start = req["StartingPosition"]
    position = await position_of(ctx, stream, shard, start, start["Type"], "SubscribeToShard")
    unless_dry(req)
    ours = Subscriptions.of(ctx.db).begin(consumer, shard)
    Metrics(ctx.db, stream).add("SubscribeToShard.Success", 1, ("ConsumerName", consumer.name))
    return {"EventStream": events(ctx, stream, consumer, shard, position, ours)}
