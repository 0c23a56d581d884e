"""PutBucketOwnershipControls: whether access control lists are heeded."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import acls, configurations
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.errors import bucket_without_acls
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "PutBucketOwnershipControls",
    access="write",
    permissions=on_bucket("s3:PutBucketOwnershipControls"),
)
async def put_bucket_ownership_controls(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["OwnershipControls"]
    bucket = await bucket_of(ctx, req)
    if any(rule["ObjectOwnership"] == acls.ENFORCED for rule in wanted["Rules"]):
        grants = await Store.of(ctx).configuration(bucket, acls.NAME)
        if grants and grants != acls.owners_grants(bucket.account):
            raise bucket_without_acls()
    await configurations.put(ctx, req, configurations.OWNERSHIP, wanted)
    return {}
