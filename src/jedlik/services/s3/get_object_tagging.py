"""GetObjectTagging."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.described import tag_set
from jedlik.services.s3.lookups import found_version


@operation(
    "s3",
    "GetObjectTagging",
    access="read",
    permissions=on_object("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
)
async def get_object_tagging(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    version = await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    answer: dict[str, Any] = {"TagSet": tag_set(version.tags)}
    if bucket.versioning:
        answer["VersionId"] = version.version
    return answer
