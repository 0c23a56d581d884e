"""GetBucketEncryption: SSE-S3 is what every bucket has."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "GetBucketEncryption",
    access="read",
    permissions=on_bucket("s3:GetEncryptionConfiguration"),
)
async def get_bucket_encryption(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    default = {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": False,
            }
        ]
    }
    found = await configurations.get(ctx, req, configurations.ENCRYPTION, default)
    return {"ServerSideEncryptionConfiguration": found}
