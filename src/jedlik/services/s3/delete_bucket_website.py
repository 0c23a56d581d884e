"""DeleteBucketWebsite: harmless where there is none."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3", "DeleteBucketWebsite", access="write", permissions=on_bucket("s3:DeleteBucketWebsite")
)
async def delete_bucket_website(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    await configurations.delete(ctx, req, configurations.WEBSITE)
    return {}
