"""GetObjectAcl: the bucket's owner may do all where lists are disabled."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.acls import are_enabled, described
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "GetObjectAcl",
    access="read",
    permissions=on_object("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
)
async def get_object_acl(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    version = await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    heeded = version.grants and await are_enabled(Store.of(ctx), bucket)
    return described(bucket.account, version.grants if heeded else None)
