"""RemoveUserFromGroup. Unverified: that a user who is not in the group is no mistake."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "RemoveUserFromGroup",
    access="write",
    permissions=on("RemoveUserFromGroup", permissions.group),
    first=[named("GroupName", "UserName")],
)
async def remove_user_from_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def remove(draft: Draft) -> None:
        group = lookups.group(draft, req["GroupName"])
        user = lookups.user(draft, req["UserName"])
        draft.put(replace(user, groups=tuple(each for each in user.groups if each != group.name)))

    await change(ctx, remove)
    return {}
