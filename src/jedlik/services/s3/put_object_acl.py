"""PutObjectAcl: only what is so anyway, as where access control lists are disabled."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.acls import check_change
from jedlik.services.s3.lookups import found_version


@operation(
    "s3",
    "PutObjectAcl",
    access="permissions",
    permissions=on_object("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
)
async def put_object_acl(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    check_change(req, bucket.account)
    return {}
