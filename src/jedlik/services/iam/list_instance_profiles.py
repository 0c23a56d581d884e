"""ListInstanceProfiles."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import InstanceProfile
from jedlik.services.iam import permissions
from jedlik.services.iam.descriptions import told_profile
from jedlik.services.iam.lookups import names
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListInstanceProfiles",
    access="list",
    permissions=on("ListInstanceProfiles", permissions.everything),
)
async def list_instance_profiles(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    prefix = req.get("PathPrefix", "/")
    profiles = [each for each in found.all(InstanceProfile) if each.path.startswith(prefix)]
    part, more = page(req, profiles, key=lambda each: each.key)
    return {"InstanceProfiles": [told_profile(found, each, briefly=True) for each in part], **more}
