"""DisableEnhancedMonitoring: which figures of shards are wanted no more."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.monitoring import monitor
from jedlik.services.kinesis.names import OnStream


@operation(
    "kinesis",
    "DisableEnhancedMonitoring",
    access="write",
    permissions=OnStream("DisableEnhancedMonitoring"),
)
async def disable_enhanced_monitoring(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return await monitor(ctx, req, enable=False)
