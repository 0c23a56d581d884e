"""DeleteRolePermissionsBoundary."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteRolePermissionsBoundary",
    access="permissions",
    permissions=on("DeleteRolePermissionsBoundary", permissions.role),
    first=[named("RoleName")],
)
async def delete_role_permissions_boundary(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = lookups.own_role(draft, req["RoleName"])
        if found.boundary is None:
            raise NoSuch.boundary("role", found.name)
        draft.put(replace(found, boundary=None))

    await change(ctx, delete)
    return {}
