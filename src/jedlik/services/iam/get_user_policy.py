"""GetUserPolicy: an inline policy."""

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
    "GetUserPolicy",
    access="read",
    permissions=on("GetUserPolicy", permissions.user),
    first=[named("UserName", "PolicyName")],
)
async def get_user_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.user(names(ctx), req["UserName"])
    document = found.inline.get(req["PolicyName"])
    if document is None:
        raise NoSuch.inline("user", req["PolicyName"])
    return {
        "UserName": found.name,
        "PolicyName": req["PolicyName"],
        "PolicyDocument": escaped(document),
    }
