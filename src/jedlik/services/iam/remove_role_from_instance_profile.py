"""RemoveRoleFromInstanceProfile."""

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
    "RemoveRoleFromInstanceProfile",
    access="write",
    permissions=on("RemoveRoleFromInstanceProfile", permissions.profile),
    first=[named("InstanceProfileName", "RoleName")],
)
async def remove_role_from_instance_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def remove(draft: Draft) -> None:
        profile = lookups.instance_profile(draft, req["InstanceProfileName"])
        if profile.role != req["RoleName"]:
            raise NoSuch.role(req["RoleName"])
        draft.put(replace(profile, role=None))

    await change(ctx, remove)
    return {}
