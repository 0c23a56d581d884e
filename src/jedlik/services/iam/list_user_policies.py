"""ListUserPolicies: the names of inline policies."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListUserPolicies",
    access="list",
    permissions=on("ListUserPolicies", permissions.user),
    first=[named("UserName")],
)
async def list_user_policies(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.user(names(ctx), req["UserName"])
    part, more = page(req, sorted(found.inline), key=str)
    return {"PolicyNames": part, **more}
