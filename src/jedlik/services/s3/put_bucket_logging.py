"""PutBucketLogging: kept and told; no logs are written."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import S3Error
from jedlik.services.s3.store import Store


@operation("s3", "PutBucketLogging", access="write", permissions=on_bucket("s3:PutBucketLogging"))
async def put_bucket_logging(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["BucketLoggingStatus"]
    target = (wanted.get("LoggingEnabled") or {}).get("TargetBucket")
    if target is not None and await Store.of(ctx).find_bucket(target) is None:
        raise S3Error(
            "InvalidTargetBucketForLogging",
            "The target bucket for logging does not exist",
            TargetBucket=target,
        )
    await configurations.put(ctx, req, configurations.LOGGING, wanted or None)
    return {}
