"""ListInstanceProfilesForRole."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import InstanceProfile
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_profile
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListInstanceProfilesForRole",
    access="list",
    permissions=on("ListInstanceProfilesForRole", permissions.role),
    first=[named("RoleName")],
)
async def list_instance_profiles_for_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    role = lookups.role(found, req["RoleName"])
    profiles = [each for each in found.all(InstanceProfile) if each.role == role.name]
    part, more = page(req, profiles, key=lambda each: each.key)
    return {"InstanceProfiles": [told_profile(found, each, briefly=True) for each in part], **more}
