"""PutBucketAcl."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.acls import NAME, changed
from jedlik.services.s3.store import Store


@operation("s3", "PutBucketAcl", access="permissions", permissions=on_bucket("s3:PutBucketAcl"))
async def put_bucket_acl(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    store = Store.of(ctx)
    grants = await changed(store, bucket, req)
    if grants is not None:
        await store.configure(bucket, NAME, grants)
    return {}
