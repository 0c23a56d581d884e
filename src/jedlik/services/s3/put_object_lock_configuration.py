"""PutObjectLockConfiguration: from then on versions of the bucket can be locked."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.errors import invalid_bucket_state, malformed_xml
from jedlik.services.s3.object_lock import check_configuration
from jedlik.services.s3.records import Bucket
from jedlik.services.s3.store import Store
from jedlik.tables.internal import Change


@operation(
    "s3",
    "PutObjectLockConfiguration",
    access="write",
    permissions=on_bucket("s3:PutBucketObjectLockConfiguration"),
)
async def put_object_lock_configuration(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req.get("ObjectLockConfiguration")
    if wanted is None:
        raise malformed_xml()
    check_configuration(wanted)
    bucket = await bucket_of(ctx, req)

    def locked(now: Bucket) -> tuple[Bucket, list[Change]]:
        if now.versioning != "Enabled":
            raise invalid_bucket_state(
                "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
            )
        return msgspec.structs.replace(now, object_lock=True), []

    await Store.of(ctx).change_bucket(bucket.name, locked)
    await configurations.put(ctx, req, configurations.OBJECT_LOCK, wanted)
    return {}
