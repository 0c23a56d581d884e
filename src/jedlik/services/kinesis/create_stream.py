"""CreateStream: with so many shards, or on demand."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.distribution import check_distribution
from jedlik.services.kinesis.errors import InUse, limit_exceeded, validation
from jedlik.services.kinesis.limits import ON_DEMAND_SHARDS, ON_DEMAND_SHARDS_MAX
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.quotas import check_on_demand, check_shards
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.shards import even_shards
from jedlik.services.kinesis.store import Store
from jedlik.services.kinesis.tags import with_tags
from jedlik.tables.errors import Contended


@operation("kinesis", "CreateStream", access="write", permissions=OnStream("CreateStream"))
async def create_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = req["StreamName"]
    mode = req.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    store = Store.of(ctx.db)
    check_distribution(mode, req.get("RecordDistributionStrategy"))
    if mode == "ON_DEMAND":
        if "ShardCount" in req:  # unverified text
            raise validation("ShardCount must not be specified for a stream in ON_DEMAND mode.")
        count = max(ON_DEMAND_SHARDS, req.get("WarmThroughputMiBps", 0))
        if count > ON_DEMAND_SHARDS_MAX:  # unverified text
            raise limit_exceeded(f"A stream takes up to {ON_DEMAND_SHARDS_MAX} MiB/s.")
    else:
        if "ShardCount" not in req:
            raise validation("ShardCount is required for a stream in PROVISIONED mode.")
        if "WarmThroughputMiBps" in req:  # unverified text
            raise validation("WarmThroughputMiBps needs a stream in ON_DEMAND mode.")
        count = req["ShardCount"]
    if await store.get(ctx.account, ctx.region, name) is not None:
        raise InUse.exists(name, ctx.account)
    if mode == "ON_DEMAND":
        await check_on_demand(ctx)
    else:
        await check_shards(ctx, count)
    now_ms = int(ctx.now * 1000)
    stream = Stream(
        account=ctx.account,
        region=ctx.region,
        name=name,
        space=0,
        created_ms=now_ms,
        mode=mode,
        shards=even_shards(count, now_ms),
        tags=with_tags({}, req.get("Tags", {})),
        record_kib_max=req.get("MaxRecordSizeInKiB", 1024),
        warm_mibps=req.get("WarmThroughputMiBps"),
        distribution=req.get("RecordDistributionStrategy"),
    )
    try:
        await store.create(stream)
    except Contended:
        raise InUse.exists(name, ctx.account) from None
    return {}
