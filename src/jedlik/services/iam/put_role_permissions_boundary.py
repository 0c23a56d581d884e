"""PutRolePermissionsBoundary: the most that a role may do."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, checked_boundary
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "PutRolePermissionsBoundary",
    access="permissions",
    permissions=on("PutRolePermissionsBoundary", permissions.role),
    first=[named("RoleName")],
)
async def put_role_permissions_boundary(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def put(draft: Draft) -> None:
        found = lookups.own_role(draft, req["RoleName"])
        draft.put(replace(found, boundary=checked_boundary(draft, req["PermissionsBoundary"])))

    await change(ctx, put)
    return {}
