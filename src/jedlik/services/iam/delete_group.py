"""DeleteGroup: one without members and policies."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import User
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, refuse_if_it_has_policies
from jedlik.services.iam.errors import conflict
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteGroup",
    access="write",
    permissions=on("DeleteGroup", permissions.group),
    first=[named("GroupName")],
)
async def delete_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = lookups.group(draft, req["GroupName"])
        if any(found.name in each.groups for each in draft.all(User)):
            raise conflict("Cannot delete entity, must remove users from group first.")
        refuse_if_it_has_policies(found)
        draft.delete(found)

    await change(ctx, delete)
    return {}
