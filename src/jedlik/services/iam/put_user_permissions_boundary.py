"""PutUserPermissionsBoundary: the most that a user may do."""

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
    "PutUserPermissionsBoundary",
    access="permissions",
    permissions=on("PutUserPermissionsBoundary", permissions.user),
    first=[named("UserName")],
)
async def put_user_permissions_boundary(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def put(draft: Draft) -> None:
        found = lookups.user(draft, req["UserName"])
        draft.put(replace(found, boundary=checked_boundary(draft, req["PermissionsBoundary"])))

    await change(ctx, put)
    return {}
