"""PutObjectLegalHold: a version stays for as long as it is ON."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.errors import malformed_xml
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.object_lock import check_possible
from jedlik.services.s3.store import Store


@operation(
    "s3", "PutObjectLegalHold", access="write", permissions=on_object("s3:PutObjectLegalHold")
)
async def put_object_legal_hold(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    key, version_id = check_key(req["Key"]), req.get("VersionId")
    check_possible(bucket)
    status = (req.get("LegalHold") or {}).get("Status")
    if status is None:
        raise malformed_xml()
    await found_version(ctx, bucket, key, version_id)
    await Store.of(ctx).amend(
        bucket, key, version_id, lambda found: msgspec.structs.replace(found, legal_hold=status)
    )
    return {}
