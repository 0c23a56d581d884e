"""UpdateUser: another name, another path. Keys and policies come along."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, moved
from jedlik.services.iam.lookups import keys_of
from jedlik.services.iam.names import named, pathed
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateUser",
    access="write",
    permissions=on("UpdateUser", permissions.user),
    first=[named("UserName", "NewUserName"), pathed("NewPath")],
)
async def update_user(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def update(draft: Draft) -> None:
        old = lookups.user(draft, req["UserName"])
        new = moved(draft, old, name=req.get("NewUserName"), path=req.get("NewPath"))
        if new.name != old.name:
            for key in keys_of(draft, old.name):
                draft.put(replace(key, user=new.name))

    await change(ctx, update)
    return {}
