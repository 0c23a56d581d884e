"""GetUser: a user, or whoever calls."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_user
from jedlik.services.iam.lookups import names, user_name
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetUser",
    access="read",
    permissions=on("GetUser", permissions.user),
    first=[named("UserName")],
)
async def get_user(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    principal = ctx.principal
    if "UserName" not in req and (principal is None or principal.kind == "root"):
        root = {"UserId": ctx.account, "Arn": f"arn:aws:iam::{ctx.account}:root"}
        return {"User": {"Path": "/", **root, "CreateDate": 0}}
    return {"User": told_user(lookups.user(names(ctx), user_name(ctx, req)))}
