"""PutBucketOwnershipControls: kept and told; lists stay disabled whatever it says."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "PutBucketOwnershipControls",
    access="write",
    permissions=on_bucket("s3:PutBucketOwnershipControls"),
)
async def put_bucket_ownership_controls(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    await configurations.put(ctx, req, configurations.OWNERSHIP, req["OwnershipControls"])
    return {}
