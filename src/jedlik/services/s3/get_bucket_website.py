"""GetBucketWebsite."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation("s3", "GetBucketWebsite", access="read", permissions=on_bucket("s3:GetBucketWebsite"))
async def get_bucket_website(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    found = await configurations.get(ctx, req, configurations.WEBSITE)
    return dict(found)
