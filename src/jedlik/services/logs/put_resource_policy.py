"""PutResourcePolicy: whom other services of AWS are let in for; of the account, or of one group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.policies import Policies, shown


@operation("logs", "PutResourcePolicy", access="permissions")
async def put_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    policy = await Policies(ctx).put(req)
    told: dict[str, Any] = {"resourcePolicy": shown(policy)}
    if policy.resource is not None:
        told["revisionId"] = policy.revision
    return told
