"""PutBucketLogging: kept and told; no logs are written."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation("s3", "PutBucketLogging", access="write", permissions=on_bucket("s3:PutBucketLogging"))
async def put_bucket_logging(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["BucketLoggingStatus"]
    await configurations.put(ctx, req, configurations.LOGGING, wanted or None)
    return {}
