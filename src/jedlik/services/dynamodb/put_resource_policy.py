"""PutResourcePolicy."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import policy_not_found
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.resource_policies import NO_POLICY, policy_resource, stored_policy
from jedlik.services.dynamodb.table_changes import change_table, now_ms
from jedlik.tables.model import Table


@operation(
    "dynamodb", "PutResourcePolicy", access="permissions", permissions=on_table("PutResourcePolicy")
)
async def put_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn = req["ResourceArn"]
    named = policy_resource(ctx, arn)
    expected = req.get("ExpectedRevisionId")
    stored_policy(req["Policy"], 0)  # a bad policy is refused before the table is looked for

    def put(table: Table) -> Table:
        old = table.policies.get(arn)
        now = old["revision"] if old else NO_POLICY
        if expected is not None and expected != now:
            raise policy_not_found(arn)
        if old is not None and old["policy"] == req["Policy"]:
            return table  # the same policy again keeps its revision
        new = stored_policy(req["Policy"], now_ms(ctx), after=old["revision"] if old else None)
        return replace(table, policies={**table.policies, arn: new})

    _, table = await change_table(ctx, named.table, put)
    return {"RevisionId": table.policies[arn]["revision"]}
