"""DeleteResourcePolicy: deleting none is no error, and answers without a revision."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import policy_not_found
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.resource_policies import policy_resource
from jedlik.services.dynamodb.table_changes import change_table
from jedlik.tables.model import Table


@operation(
    "dynamodb",
    "DeleteResourcePolicy",
    access="permissions",
    permissions=on_table("DeleteResourcePolicy"),
)
async def delete_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn = req["ResourceArn"]
    expected = req.get("ExpectedRevisionId")

    def delete(table: Table) -> Table:
        old = table.policies.get(arn)
        if expected is not None and (old is None or old["revision"] != expected):
            raise policy_not_found(arn)
        kept = {key: policy for key, policy in table.policies.items() if key != arn}
        return replace(table, policies=kept)

    before, _ = await change_table(ctx, policy_resource(ctx, arn).table, delete)
    old = before.policies.get(arn)
    return {"RevisionId": old["revision"]} if old else {}
