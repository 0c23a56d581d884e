"""ListUsers."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import User
from jedlik.services.iam import permissions
from jedlik.services.iam.descriptions import told_user
from jedlik.services.iam.lookups import names
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation("iam", "ListUsers", access="list", permissions=on("ListUsers", permissions.everything))
async def list_users(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    prefix = req.get("PathPrefix", "/")
    found = [each for each in names(ctx).all(User) if each.path.startswith(prefix)]
    part, more = page(req, found, key=lambda each: each.key)
    return {"Users": [told_user(each, briefly=True) for each in part], **more}
