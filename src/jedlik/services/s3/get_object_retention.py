"""GetObjectRetention."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.object_lock import check_possible, no_lock_of


@operation(
    "s3", "GetObjectRetention", access="read", permissions=on_object("s3:GetObjectRetention")
)
async def get_object_retention(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    check_possible(bucket)
    version = await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    if not version.lock_mode:
        raise no_lock_of(version.key)
    until = version.lock_until_ms / 1000
    return {"Retention": {"Mode": version.lock_mode, "RetainUntilDate": until}}
