"""DescribeResourcePolicies: of the account, or of a group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.policies import Policies, shown
from jedlik.services.logs.requests import page


@operation("logs", "DescribeResourcePolicies", access="list")
async def describe_resource_policies(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = [
        each
        for each in await Policies(ctx).all()
        if req.get("resourceArn") == each.resource
        and req.get("policyScope", "ACCOUNT" if each.resource is None else "RESOURCE")
        == ("ACCOUNT" if each.resource is None else "RESOURCE")
    ]
    part, token = page(found, req)
    return {"resourcePolicies": [shown(each) for each in part], **token}
