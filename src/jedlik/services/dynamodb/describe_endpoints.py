"""DescribeEndpoints: where to send requests. That is here, never AWS."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation

CACHE_MINUTES = 1440


@operation("dynamodb", "DescribeEndpoints", access="read")
async def describe_endpoints(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    host = getattr(ctx.settings, "host", "127.0.0.1")
    port = getattr(ctx.settings, "port", 8000)
    return {"Endpoints": [{"Address": f"{host}:{port}", "CachePeriodInMinutes": CACHE_MINUTES}]}
