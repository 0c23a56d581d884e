"""RestoreObject: an archived object can be read for some days."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.archived import CLASSES, invalid_state, is_away
from jedlik.services.s3.errors import malformed_xml, not_implemented
from jedlik.services.s3.lifecycle import due_ms
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.store import Store


@operation("s3", "RestoreObject", access="write", permissions=on_object("s3:RestoreObject"))
async def restore_object(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    key, version_id = check_key(req["Key"]), req.get("VersionId")
    wanted = req.get("RestoreRequest") or {}
    if wanted.get("Type") is not None:
        raise not_implemented("Type")  # SELECT
    days = wanted.get("Days")
    if days is None or days < 1:
        raise malformed_xml()
    version = await found_version(ctx, bucket, key, version_id)
    if version.storage_class not in CLASSES:
        raise invalid_state(
            "Restore is not allowed for the object's current storage class", version
        )
    now_ms = int(ctx.now * 1000)
    until_ms = due_ms(now_ms, days)
    if is_away(version, now_ms):
        ctx.status = 202  # else it is only to stay longer
    await Store.of(ctx).amend(
        bucket,
        key,
        version_id,
        lambda now: msgspec.structs.replace(now, restored_until_ms=until_ms),
    )
    return {}
