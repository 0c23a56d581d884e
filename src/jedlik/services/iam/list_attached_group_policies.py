"""ListAttachedGroupPolicies."""

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
    "ListAttachedGroupPolicies",
    access="list",
    permissions=on("ListAttachedGroupPolicies", permissions.group),
    first=[named("GroupName")],
)
async def list_attached_group_policies(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.group(names(ctx), req["GroupName"])
    told = told_attached(names(ctx), found.attached, req.get("PathPrefix", "/"))
    part, more = page(req, told, key=lambda each: str(each["PolicyArn"]))
    return {"AttachedPolicies": part, **more}
