"""DeleteUserPermissionsBoundary."""

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
    "DeleteUserPermissionsBoundary",
    access="permissions",
    permissions=on("DeleteUserPermissionsBoundary", permissions.user),
    first=[named("UserName")],
)
async def delete_user_permissions_boundary(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = lookups.user(draft, req["UserName"])
        if found.boundary is None:
            raise NoSuch.boundary("user", found.name)
        draft.put(replace(found, boundary=None))

    await change(ctx, delete)
    return {}
