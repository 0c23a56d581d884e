"""GetObjectAcl: the bucket's owner may do all, as ever where lists are disabled."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.acls import owners_grants
from jedlik.services.s3.lookups import found_version


@operation(
    "s3",
    "GetObjectAcl",
    access="read",
    permissions=on_object("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
)
async def get_object_acl(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    return owners_grants(bucket.account)
