"""GetBucketVersioning: nothing at all for a bucket that never had versions."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket


@operation(
    "s3", "GetBucketVersioning", access="read", permissions=on_bucket("s3:GetBucketVersioning")
)
async def get_bucket_versioning(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    return {"Status": bucket.versioning} if bucket.versioning else {}
