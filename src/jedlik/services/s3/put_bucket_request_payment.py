"""PutBucketRequestPayment: kept and told."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "PutBucketRequestPayment",
    access="write",
    permissions=on_bucket("s3:PutBucketRequestPayment"),
)
async def put_bucket_request_payment(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req["RequestPaymentConfiguration"]
    await configurations.put(ctx, req, configurations.PAYMENT, wanted)
    return {}
