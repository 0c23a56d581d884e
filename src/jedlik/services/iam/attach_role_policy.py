"""AttachRolePolicy: a managed policy."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, with_attached
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "AttachRolePolicy",
    access="permissions",
    permissions=on("AttachRolePolicy", permissions.role),
    first=[named("RoleName")],
)
async def attach_role_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def attach(draft: Draft) -> None:
        draft.put(with_attached(draft, lookups.own_role(draft, req["RoleName"]), req["PolicyArn"]))

    await change(ctx, attach)
    return {}
