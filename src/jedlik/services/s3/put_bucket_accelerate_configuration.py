"""PutBucketAccelerateConfiguration: kept and told."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "PutBucketAccelerateConfiguration",
    access="write",
    permissions=on_bucket("s3:PutAccelerateConfiguration"),
)
async def put_bucket_accelerate_configuration(
    ctx: RestContext, req: dict[str, Any]
) -> dict[str, Any]:
    wanted = req["AccelerateConfiguration"]
    await configurations.put(ctx, req, configurations.ACCELERATION, wanted)
    return {}
