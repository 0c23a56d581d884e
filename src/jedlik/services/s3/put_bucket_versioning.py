"""PutBucketVersioning."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.errors import S3Error, invalid_bucket_state, not_implemented
from jedlik.services.s3.records import Bucket
from jedlik.services.s3.store import Store
from jedlik.tables.internal import Change


@operation(
    "s3", "PutBucketVersioning", access="write", permissions=on_bucket("s3:PutBucketVersioning")
)
async def put_bucket_versioning(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    wanted = req["VersioningConfiguration"]
    status = wanted.get("Status")
    if status is None:
        raise S3Error(
            "IllegalVersioningConfigurationException", "The Versioning element must be specified"
        )
    if wanted.get("MFADelete") == "Enabled":
        raise not_implemented("x-amz-mfa")

    def switched(now: Bucket) -> tuple[Bucket, list[Change]]:
        if now.object_lock and status != "Enabled":
            raise invalid_bucket_state(
                "An Object Lock configuration is present on this bucket, so the versioning state "
                "cannot be changed."
            )
        return msgspec.structs.replace(now, versioning=status), []

    await Store.of(ctx).change_bucket(bucket.name, switched)
    return {}
