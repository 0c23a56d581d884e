"""GetInstanceProfile."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_profile
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetInstanceProfile",
    access="read",
    permissions=on("GetInstanceProfile", permissions.profile),
    first=[named("InstanceProfileName")],
)
async def get_instance_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    profile = lookups.instance_profile(found, req["InstanceProfileName"])
    return {"InstanceProfile": told_profile(found, profile)}
