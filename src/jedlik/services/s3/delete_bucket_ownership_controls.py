"""DeleteBucketOwnershipControls: harmless where there is none."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "DeleteBucketOwnershipControls",
    access="write",
    permissions=on_bucket("s3:PutBucketOwnershipControls"),
)
async def delete_bucket_ownership_controls(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    # A new bucket has some; that this one has none any more is written down.
    await configurations.put(ctx, req, configurations.OWNERSHIP, {})
    return {}
