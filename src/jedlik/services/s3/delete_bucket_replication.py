"""DeleteBucketReplication: harmless where there is none."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "DeleteBucketReplication",
    access="write",
    permissions=on_bucket("s3:PutReplicationConfiguration"),
)
async def delete_bucket_replication(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    await configurations.delete(ctx, req, configurations.REPLICATION)
    return {}
