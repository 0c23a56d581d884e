"""GetBucketRequestPayment."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket


@operation(
    "s3",
    "GetBucketRequestPayment",
    access="read",
    permissions=on_bucket("s3:GetBucketRequestPayment"),
)
async def get_bucket_request_payment(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    default = {"Payer": "BucketOwner"}
    return dict(await configurations.get(ctx, req, configurations.PAYMENT, default))
