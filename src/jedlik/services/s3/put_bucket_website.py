"""PutBucketWebsite: checked and kept; `wire/s3_website.py` serves it."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import S3Error, invalid_argument


@operation("s3", "PutBucketWebsite", access="write", permissions=on_bucket("s3:PutBucketWebsite"))
async def put_bucket_website(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["WebsiteConfiguration"]
    suffix = (wanted.get("IndexDocument") or {}).get("Suffix")
    if wanted.get("RedirectAllRequestsTo") is not None:
        if any(wanted.get(each) for each in ("IndexDocument", "ErrorDocument", "RoutingRules")):
            raise S3Error(
                "InvalidArgument",
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
            )
    elif not suffix:
        raise invalid_argument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            "IndexDocument",
            "null",
        )
    elif "/" in suffix:
        raise invalid_argument(
            "The IndexDocument Suffix is not well formed", "IndexDocument", suffix
        )
    await configurations.put(ctx, req, configurations.WEBSITE, wanted)
    return {}
