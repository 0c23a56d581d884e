"""ListInstanceProfileTags."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListInstanceProfileTags",
    access="list",
    permissions=on("ListInstanceProfileTags", permissions.profile),
    first=[named("InstanceProfileName")],
)
async def list_instance_profile_tags(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return tags.tag_page(req, lookups.instance_profile(names(ctx), req["InstanceProfileName"]).tags)
