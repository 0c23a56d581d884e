"""GetBucketOwnershipControls: every bucket's owner owns its objects."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "GetBucketOwnershipControls",
    access="read",
    permissions=on_bucket("s3:GetBucketOwnershipControls"),
)
async def get_bucket_ownership_controls(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    default = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    found = await configurations.get(ctx, req, configurations.OWNERSHIP, default)
    if not found:
        await configurations.get(ctx, req, configurations.OWNERSHIP_GONE)
    return {"OwnershipControls": found}
