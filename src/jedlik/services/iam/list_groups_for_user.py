"""ListGroupsForUser."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_group
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListGroupsForUser",
    access="list",
    permissions=on("ListGroupsForUser", permissions.user),
    first=[named("UserName")],
)
async def list_groups_for_user(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    user = lookups.user(found, req["UserName"])
    groups = sorted((lookups.group(found, name) for name in user.groups), key=lambda each: each.key)
    part, more = page(req, groups, key=lambda each: each.key)
    return {"Groups": [told_group(each) for each in part], **more}
