"""DeleteBucketMetricsConfiguration."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import numbered
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "DeleteBucketMetricsConfiguration",
    access="write",
    permissions=on_bucket("s3:PutMetricsConfiguration"),
)
async def delete_bucket_metrics_configuration(
    ctx: RestContext, req: dict[str, Any]
) -> dict[str, Any]:
    return await numbered.delete(ctx, req, "MetricsConfiguration")
