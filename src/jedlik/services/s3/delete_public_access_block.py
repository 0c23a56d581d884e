"""DeletePublicAccessBlock: nothing is blocked from now on."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "DeletePublicAccessBlock",
    access="permissions",
    permissions=on_bucket("s3:PutBucketPublicAccessBlock"),
)
async def delete_public_access_block(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    await configurations.put(ctx, req, configurations.PUBLIC_ACCESS, {"blocked": {}})
    return {}
