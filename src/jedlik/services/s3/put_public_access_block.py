"""PutPublicAccessBlock."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import ALL_BLOCKED, on_bucket
from jedlik.services.s3.errors import invalid_request


@operation(
    "s3",
    "PutPublicAccessBlock",
    access="permissions",
    permissions=on_bucket("s3:PutBucketPublicAccessBlock"),
)
async def put_public_access_block(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["PublicAccessBlockConfiguration"]
    if all(wanted.get(name) is None for name in ALL_BLOCKED):
        raise invalid_request("Must specify at least one configuration.")
    blocked = {name: bool(wanted.get(name)) for name in ALL_BLOCKED}
    await configurations.put(ctx, req, configurations.PUBLIC_ACCESS, {"blocked": blocked})
    return {}
