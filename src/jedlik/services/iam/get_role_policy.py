"""GetRolePolicy: an inline policy."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.documents import escaped
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetRolePolicy",
    access="read",
    permissions=on("GetRolePolicy", permissions.role),
    first=[named("RoleName", "PolicyName")],
)
async def get_role_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.role(names(ctx), req["RoleName"])
    document = found.inline.get(req["PolicyName"])
    if document is None:
        raise NoSuch.inline("role", req["PolicyName"])
    return {
        "RoleName": found.name,
        "PolicyName": req["PolicyName"],
        "PolicyDocument": escaped(document),
    }
