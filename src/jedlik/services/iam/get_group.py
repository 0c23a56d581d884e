"""GetGroup: a group and who is in it."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import User
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_group, told_user
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetGroup",
    access="read",
    permissions=on("GetGroup", permissions.group),
    first=[named("GroupName")],
)
async def get_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    group = lookups.group(found, req["GroupName"])
    members = [each for each in found.all(User) if group.name in each.groups]
    part, more = page(req, members, key=lambda each: each.key)
    users = [told_user(each, briefly=True) for each in part]
    return {"Group": told_group(group), "Users": users, **more}
