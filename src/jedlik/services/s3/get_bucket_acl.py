"""GetBucketAcl."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.acls import NAME, described
from jedlik.services.s3.store import Store


@operation("s3", "GetBucketAcl", access="read", permissions=on_bucket("s3:GetBucketAcl"))
async def get_bucket_acl(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    return described(bucket.account, await Store.of(ctx).configuration(bucket, NAME))
