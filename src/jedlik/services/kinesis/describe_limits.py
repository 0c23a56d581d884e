"""DescribeLimits: shards and streams on demand, and how many there may be."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.limits import ON_DEMAND_STREAMS_MAX, SHARDS_MAX
from jedlik.services.kinesis.quotas import open_shards


@operation("kinesis", "DescribeLimits", access="read")
async def describe_limits(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    shards, on_demand = await open_shards(ctx)
    return {
        "ShardLimit": SHARDS_MAX,
        "OpenShardCount": shards,
        "OnDemandStreamCount": on_demand,
        "OnDemandStreamCountLimit": ON_DEMAND_STREAMS_MAX,
    }
