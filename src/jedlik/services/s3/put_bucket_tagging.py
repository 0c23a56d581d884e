"""PutBucketTagging."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.described import tag_set, tags_of
from jedlik.services.s3.limits import BUCKET_TAGS_MAX


@operation("s3", "PutBucketTagging", access="tagging", permissions=on_bucket("s3:PutBucketTagging"))
async def put_bucket_tagging(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    tags = tags_of(req["Tagging"]["TagSet"], BUCKET_TAGS_MAX)
    await configurations.put(ctx, req, configurations.TAGGING, tag_set(tags) or None)
    return {}
