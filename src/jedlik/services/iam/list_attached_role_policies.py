"""ListAttachedRolePolicies."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_attached
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListAttachedRolePolicies",
    access="list",
    permissions=on("ListAttachedRolePolicies", permissions.role),
    first=[named("RoleName")],
)
async def list_attached_role_policies(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.role(names(ctx), req["RoleName"])
    told = told_attached(names(ctx), found.attached, req.get("PathPrefix", "/"))
    part, more = page(req, told, key=lambda each: str(each["PolicyArn"]))
    return {"AttachedPolicies": part, **more}
