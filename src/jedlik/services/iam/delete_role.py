"""DeleteRole: its sessions are no good any more."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import InstanceProfile
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, refuse_if_it_has_policies
from jedlik.services.iam.errors import conflict
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteRole",
    access="write",
    permissions=on("DeleteRole", permissions.role),
    first=[named("RoleName")],
)
async def delete_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = lookups.own_role(draft, req["RoleName"])
        if any(each.role == found.name for each in draft.all(InstanceProfile)):
            raise conflict("Cannot delete entity, must remove roles from instance profile first.")
        refuse_if_it_has_policies(found)
        draft.delete(found)

    await change(ctx, delete)
    return {}
