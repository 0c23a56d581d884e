"""UpdateLoginProfile: as CreateLoginProfile, the password is not kept."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateLoginProfile",
    access="write",
    permissions=on("UpdateLoginProfile", permissions.user),
    first=[named("UserName")],
)
async def update_login_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def update(draft: Draft) -> None:
        found = lookups.user(draft, req["UserName"])
        if found.login is None:
            raise NoSuch.login(found.name)
        reset = bool(req.get("PasswordResetRequired", found.login.reset_required))
        draft.put(replace(found, login=replace(found.login, reset_required=reset)))

    await change(ctx, update)
    return {}
