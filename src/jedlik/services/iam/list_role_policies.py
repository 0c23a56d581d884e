"""ListRolePolicies: the names of inline policies."""

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
    "ListRolePolicies",
    access="list",
    permissions=on("ListRolePolicies", permissions.role),
    first=[named("RoleName")],
)
async def list_role_policies(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.role(names(ctx), req["RoleName"])
    part, more = page(req, sorted(found.inline), key=str)
    return {"PolicyNames": part, **more}
