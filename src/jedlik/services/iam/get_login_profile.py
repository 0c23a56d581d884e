"""GetLoginProfile."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.lookups import names, user_name
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetLoginProfile",
    access="read",
    permissions=on("GetLoginProfile", permissions.user),
    first=[named("UserName")],
)
async def get_login_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.user(names(ctx), user_name(ctx, req))
    if found.login is None:
        raise NoSuch.login(found.name)
    return {
        "LoginProfile": {
            "UserName": found.name,
            "CreateDate": found.login.created_at,
            "PasswordResetRequired": found.login.reset_required,
        }
    }
