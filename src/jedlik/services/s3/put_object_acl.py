"""PutObjectAcl."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.acls import changed
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.records import Version
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "PutObjectAcl",
    access="permissions",
    permissions=on_object("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
)
async def put_object_acl(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    key, version_id = check_key(req["Key"]), req.get("VersionId")
    await found_version(ctx, bucket, key, version_id)
    store = Store.of(ctx)
    grants = await changed(store, bucket, req)
    if grants is not None:
        listed = grants

        def granted(version: Version) -> Version:
            return msgspec.structs.replace(version, grants=listed)

        await store.amend(bucket, key, version_id, granted)
    return {}
