"""AddRoleToInstanceProfile: one at most."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import quota
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "AddRoleToInstanceProfile",
    access="write",
    permissions=on("AddRoleToInstanceProfile", permissions.profile),
    first=[named("InstanceProfileName", "RoleName")],
)
async def add_role_to_instance_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def add(draft: Draft) -> None:
        profile = lookups.instance_profile(draft, req["InstanceProfileName"])
        role = lookups.own_role(draft, req["RoleName"])
        if profile.role is not None:
            raise quota("InstanceSessionsPerInstanceProfile", 1)
        draft.put(replace(profile, role=role.name))

    await change(ctx, add)
    return {}
