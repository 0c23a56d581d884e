"""GetBucketPolicyStatus: whether the policy lets everybody in."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import is_public, on_bucket


@operation(
    "s3", "GetBucketPolicyStatus", access="read", permissions=on_bucket("s3:GetBucketPolicyStatus")
)
async def get_bucket_policy_status(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    text = await configurations.get(ctx, req, configurations.POLICY)
    return {"PolicyStatus": {"IsPublic": is_public(text)}}
