"""GetBucketEncryption: SSE-S3 is what every bucket has."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.encryption import DEFAULT


@operation(
    "s3",
    "GetBucketEncryption",
    access="read",
    permissions=on_bucket("s3:GetEncryptionConfiguration"),
)
async def get_bucket_encryption(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    found = await configurations.get(ctx, req, configurations.ENCRYPTION, DEFAULT)
    return {"ServerSideEncryptionConfiguration": found}
