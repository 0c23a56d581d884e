"""UpdateRoleDescription: the older form of UpdateRole."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import Role
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.descriptions import told_role
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateRoleDescription",
    access="write",
    permissions=on("UpdateRoleDescription", permissions.role),
    first=[named("RoleName")],
)
async def update_role_description(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def update(draft: Draft) -> Role:
        found = lookups.role(draft, req["RoleName"])
        return draft.put(replace(found, description=req["Description"]))

    return {"Role": told_role(await change(ctx, update))}
