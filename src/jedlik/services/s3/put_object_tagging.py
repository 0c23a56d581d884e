"""PutObjectTagging."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.described import tags_of
from jedlik.services.s3.limits import OBJECT_TAGS_MAX
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "PutObjectTagging",
    access="tagging",
    permissions=on_object("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
)
async def put_object_tagging(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    key, version_id = check_key(req["Key"]), req.get("VersionId")
    tags: dict[str, str] = tags_of(req["Tagging"]["TagSet"], OBJECT_TAGS_MAX)
    found = await found_version(ctx, bucket, key, version_id)
    await Store.of(ctx).amend(
        bucket, key, version_id, lambda version: msgspec.structs.replace(version, tags=tags)
    )
    return {"VersionId": found.version} if bucket.versioning else {}
