"""CreateLoginProfile: noted, but the password is thrown away; nobody signs in here by one."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import Login
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import exists
from jedlik.services.iam.lookups import user_name
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreateLoginProfile",
    access="write",
    permissions=on("CreateLoginProfile", permissions.user),
    first=[named("UserName")],
)
async def create_login_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = user_name(ctx, req)
    login = Login(float(int(ctx.now)), bool(req.get("PasswordResetRequired", False)))

    def create(draft: Draft) -> None:
        found = lookups.user(draft, name)
        if found.login is not None:
            raise exists(f"Login Profile for user {name} already exists.")
        draft.put(replace(found, login=login))

    await change(ctx, create)
    return {
        "LoginProfile": {
            "UserName": name,
            "CreateDate": login.created_at,
            "PasswordResetRequired": login.reset_required,
        }
    }
