"""PutBucketEncryption: what objects say of themselves that ask for nothing else."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.encryption import check_configuration


@operation(
    "s3",
    "PutBucketEncryption",
    access="write",
    permissions=on_bucket("s3:PutEncryptionConfiguration"),
)
async def put_bucket_encryption(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    found = req["ServerSideEncryptionConfiguration"]
    check_configuration(found)
    await configurations.put(ctx, req, configurations.ENCRYPTION, found)
    return {}
