"""GetBucketAcl: the owner may do all."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.acls import owners_grants


@operation("s3", "GetBucketAcl", access="read", permissions=on_bucket("s3:GetBucketAcl"))
async def get_bucket_acl(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    return owners_grants((await bucket_of(ctx, req)).account)
