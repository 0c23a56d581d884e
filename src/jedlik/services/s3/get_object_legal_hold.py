"""GetObjectLegalHold."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.object_lock import check_possible, no_lock_of


@operation(
    "s3", "GetObjectLegalHold", access="read", permissions=on_object("s3:GetObjectLegalHold")
)
async def get_object_legal_hold(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    check_possible(bucket)
    version = await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    if not version.legal_hold:
        raise no_lock_of(version.key)
    return {"LegalHold": {"Status": version.legal_hold}}
