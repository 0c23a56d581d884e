"""ListGroups."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import Group
from jedlik.services.iam import permissions
from jedlik.services.iam.descriptions import told_group
from jedlik.services.iam.lookups import names
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation("iam", "ListGroups", access="list", permissions=on("ListGroups", permissions.everything))
async def list_groups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    prefix = req.get("PathPrefix", "/")
    found = [each for each in names(ctx).all(Group) if each.path.startswith(prefix)]
    part, more = page(req, found, key=lambda each: each.key)
    return {"Groups": [told_group(each) for each in part], **more}
