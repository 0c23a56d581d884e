"""ListRoleTags."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListRoleTags",
    access="list",
    permissions=on("ListRoleTags", permissions.role),
    first=[named("RoleName")],
)
async def list_role_tags(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return tags.tag_page(req, lookups.role(names(ctx), req["RoleName"]).tags)
