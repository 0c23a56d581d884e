"""GetPublicAccessBlock: all is blocked of a new bucket."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import ALL_BLOCKED, on_bucket
from jedlik.services.s3.errors import no_configuration


@operation(
    "s3",
    "GetPublicAccessBlock",
    access="read",
    permissions=on_bucket("s3:GetBucketPublicAccessBlock"),
)
async def get_public_access_block(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    found = await configurations.get(
        ctx, req, configurations.PUBLIC_ACCESS, {"blocked": ALL_BLOCKED}
    )
    if not found.get("blocked"):
        missing = configurations.PUBLIC_ACCESS.missing
        assert missing is not None
        raise no_configuration(*missing, req["Bucket"])
    return {"PublicAccessBlockConfiguration": found["blocked"]}
