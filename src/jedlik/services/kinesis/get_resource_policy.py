"""GetResourcePolicy, of a stream or a consumer."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import NotFound
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.policies import policy_of


@operation("kinesis", "GetResourcePolicy", access="read", permissions=OnStream("GetResourcePolicy"))
async def get_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    policy = await policy_of(ctx, req["ResourceARN"])
    if policy is None:
        raise NotFound.policy(req["ResourceARN"])
    return {"Policy": policy}
