"""GetGroupPolicy: an inline policy."""

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
    "GetGroupPolicy",
    access="read",
    permissions=on("GetGroupPolicy", permissions.group),
    first=[named("GroupName", "PolicyName")],
)
async def get_group_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.group(names(ctx), req["GroupName"])
    document = found.inline.get(req["PolicyName"])
    if document is None:
        raise NoSuch.inline("group", req["PolicyName"])
    return {
        "GroupName": found.name,
        "PolicyName": req["PolicyName"],
        "PolicyDocument": escaped(document),
    }
