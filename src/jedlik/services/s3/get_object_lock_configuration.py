"""GetObjectLockConfiguration."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import bucket_of, on_bucket


@operation(
    "s3",
    "GetObjectLockConfiguration",
    access="read",
    permissions=on_bucket("s3:GetBucketObjectLockConfiguration"),
)
async def get_object_lock_configuration(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    default = {"ObjectLockEnabled": "Enabled"} if bucket.object_lock else None
    found = await configurations.get(ctx, req, configurations.OBJECT_LOCK, default)
    return {"ObjectLockConfiguration": found}
