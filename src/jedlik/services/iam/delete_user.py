"""DeleteUser: one that has nothing left."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, refuse_if_it_has_policies
from jedlik.services.iam.errors import conflict
from jedlik.services.iam.lookups import keys_of
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteUser",
    access="write",
    permissions=on("DeleteUser", permissions.user),
    first=[named("UserName")],
)
async def delete_user(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = lookups.user(draft, req["UserName"])
        if keys_of(draft, found.name):
            raise conflict("Cannot delete entity, must delete access keys first.")
        if found.login is not None:
            raise conflict("Cannot delete entity, must delete login profile first.")
        refuse_if_it_has_policies(found)
        if found.groups:
            raise conflict("Cannot delete entity, must remove users from group first.")
        draft.delete(found)

    await change(ctx, delete)
    return {}
