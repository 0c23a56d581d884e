"""AddUserToGroup."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import limits, lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import quota
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "AddUserToGroup",
    access="write",
    permissions=on("AddUserToGroup", permissions.group),
    first=[named("GroupName", "UserName")],
)
async def add_user_to_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def add(draft: Draft) -> None:
        group = lookups.group(draft, req["GroupName"])
        user = lookups.user(draft, req["UserName"])
        if group.name in user.groups:
            return
        if len(user.groups) >= limits.GROUPS_PER_USER:
            raise quota("GroupsPerUser", limits.GROUPS_PER_USER)
        draft.put(replace(user, groups=(*user.groups, group.name)))

    await change(ctx, add)
    return {}
