"""PutBucketAccelerateConfiguration: kept and told."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import invalid_request, malformed_xml


@operation(
    "s3",
    "PutBucketAccelerateConfiguration",
    access="write",
    permissions=on_bucket("s3:PutAccelerateConfiguration"),
)
async def put_bucket_accelerate_configuration(
    ctx: RestContext, req: dict[str, Any]
) -> dict[str, Any]:
    wanted = req["AccelerateConfiguration"]
    if wanted.get("Status") is None:
        raise malformed_xml()
    if "." in req["Bucket"]:
        raise invalid_request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        )
    await configurations.put(ctx, req, configurations.ACCELERATION, wanted)
    return {}
