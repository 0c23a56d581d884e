"""PutBucketWebsite: kept; there is no website endpoint here."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation("s3", "PutBucketWebsite", access="write", permissions=on_bucket("s3:PutBucketWebsite"))
async def put_bucket_website(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    await configurations.put(ctx, req, configurations.WEBSITE, req["WebsiteConfiguration"])
    return {}
