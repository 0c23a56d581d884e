"""UpdateGroup: another name, another path. Members stay."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import User
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, moved
from jedlik.services.iam.names import named, pathed
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateGroup",
    access="write",
    permissions=on("UpdateGroup", permissions.group),
    first=[named("GroupName", "NewGroupName"), pathed("NewPath")],
)
async def update_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def update(draft: Draft) -> None:
        old = lookups.group(draft, req["GroupName"])
        new = moved(draft, old, name=req.get("NewGroupName"), path=req.get("NewPath"))
        if new.name != old.name:
            for user in draft.all(User):
                if old.name in user.groups:
                    groups = tuple(new.name if each == old.name else each for each in user.groups)
                    draft.put(replace(user, groups=groups))

    await change(ctx, update)
    return {}
