"""HeadBucket: whether it is there, and where."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket


@operation("s3", "HeadBucket", access="list", permissions=on_bucket("s3:ListBucket"))
async def head_bucket(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    return {"BucketRegion": bucket.region, "AccessPointAlias": False}
