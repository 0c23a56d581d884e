"""GetBucketAccelerateConfiguration."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "GetBucketAccelerateConfiguration",
    access="read",
    permissions=on_bucket("s3:GetAccelerateConfiguration"),
)
async def get_bucket_accelerate_configuration(
    ctx: RestContext, req: dict[str, Any]
) -> dict[str, Any]:
    return dict(await configurations.get(ctx, req, configurations.ACCELERATION, {}))
