"""PutObjectRetention: until when a version stays, which may grow at will and shrink hardly."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.errors import malformed_xml
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.object_lock import check_change, check_future, check_possible
from jedlik.services.s3.records import Version
from jedlik.services.s3.store import Store


@operation(
    "s3", "PutObjectRetention", access="write", permissions=on_object("s3:PutObjectRetention")
)
async def put_object_retention(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    key, version_id = check_key(req["Key"]), req.get("VersionId")
    check_possible(bucket)
    wanted = req.get("Retention")
    if wanted is None:
        raise malformed_xml()
    mode, until_s = wanted.get("Mode"), wanted.get("RetainUntilDate")
    if (mode is None) != (until_s is None):
        raise malformed_xml()
    now_ms = int(ctx.now * 1000)
    if until_s is not None:
        check_future(until_s, now_ms, "RetainUntilDate")
    until_ms = 0 if until_s is None else round(until_s * 1000)
    bypass = bool(req.get("BypassGovernanceRetention"))
    await found_version(ctx, bucket, key, version_id)

    def retained(version: Version) -> Version:
        check_change(version, mode or "", until_ms, bypass=bypass, now_ms=now_ms)
        return msgspec.structs.replace(version, lock_mode=mode or "", lock_until_ms=until_ms)

    await Store.of(ctx).amend(bucket, key, version_id, retained)
    return {}
