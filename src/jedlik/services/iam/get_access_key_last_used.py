"""GetAccessKeyLastUsed: to a quarter of an hour, as at AWS."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory
from jedlik.identity.records import AccessKey
from jedlik.services.iam import permissions
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetAccessKeyLastUsed",
    access="read",
    permissions=on("GetAccessKeyLastUsed", permissions.key_owner),
)
async def get_access_key_last_used(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    directory = Directory.of(ctx)
    found = directory.get(AccessKey, ctx.account, req["AccessKeyId"])
    if found is None:
        raise NoSuch.access_key(req["AccessKeyId"])
    use = directory.last_use(found.id)
    if use is None:
        used: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    else:
        used = {"LastUsedDate": use[0], "Region": use[1], "ServiceName": use[2]}
    return {"UserName": found.user, "AccessKeyLastUsed": used}
