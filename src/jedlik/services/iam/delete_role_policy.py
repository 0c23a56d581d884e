"""DeleteRolePolicy: an inline policy."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, without_inline
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteRolePolicy",
    access="permissions",
    permissions=on("DeleteRolePolicy", permissions.role),
    first=[named("RoleName", "PolicyName")],
)
async def delete_role_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        draft.put(without_inline(lookups.own_role(draft, req["RoleName"]), req["PolicyName"]))

    await change(ctx, delete)
    return {}
