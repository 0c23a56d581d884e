"""GetResourcePolicy."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import policy_not_found
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.resource_policies import policy_resource
from jedlik.services.dynamodb.table_changes import found_table


@operation(
    "dynamodb", "GetResourcePolicy", access="permissions", permissions=on_table("GetResourcePolicy")
)
async def get_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn = req["ResourceArn"]
    table = await found_table(ctx, policy_resource(ctx, arn).table)
    found = table.policies.get(arn)
    if found is None:
        raise policy_not_found(arn)
    return {"Policy": found["policy"], "RevisionId": found["revision"]}
