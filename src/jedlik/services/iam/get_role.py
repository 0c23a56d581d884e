"""GetRole."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_role
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetRole",
    access="read",
    permissions=on("GetRole", permissions.role),
    first=[named("RoleName")],
)
async def get_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.role(names(ctx), req["RoleName"])
    return {"Role": told_role(found, use=Directory.of(ctx).last_use(found.id))}
