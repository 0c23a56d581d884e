"""ListAccessKeys. Root keys are kept in a file of the data folder, not here."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.lookups import keys_of, names, user_name
from jedlik.services.iam.names import named
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListAccessKeys",
    access="list",
    permissions=on("ListAccessKeys", permissions.user),
    first=[named("UserName")],
)
async def list_access_keys(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    if "UserName" not in req and (ctx.principal is None or ctx.principal.kind == "root"):
        return {"AccessKeyMetadata": [], "IsTruncated": False}
    name = user_name(ctx, req)
    lookups.user(found, name)
    keys = sorted(keys_of(found, name), key=lambda each: each.id)
    part, more = page(req, keys, key=lambda each: each.id)
    told = [
        {
            "UserName": each.user,
            "AccessKeyId": each.id,
            "Status": each.status,
            "CreateDate": each.created_at,
        }
        for each in part
    ]
    return {"AccessKeyMetadata": told, **more}
