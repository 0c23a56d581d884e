"""PutRolePolicy: an inline policy, new or instead of the one of that name."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, with_inline
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "PutRolePolicy",
    access="permissions",
    permissions=on("PutRolePolicy", permissions.role),
    first=[named("RoleName", "PolicyName")],
)
async def put_role_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def put(draft: Draft) -> None:
        found = lookups.own_role(draft, req["RoleName"])
        draft.put(with_inline(found, req["PolicyName"], req["PolicyDocument"]))

    await change(ctx, put)
    return {}
