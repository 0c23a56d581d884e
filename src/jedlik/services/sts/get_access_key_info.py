"""GetAccessKeyInfo: the account of an access key."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import validation
from jedlik.api.operation import operation
from jedlik.identity import Directory


@operation("sts", "GetAccessKeyInfo", access="read")
async def get_access_key_info(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    directory, asked = Directory.of(ctx), req["AccessKeyId"]
    key = directory.owner_of(asked)
    if key is not None:
        return {"Account": key.account}
    found = directory.find(asked)
    if found is not None:
        return {"Account": found.principal.account}
    if directory.claims(asked):  # of a session, or of a key that is gone
        return {"Account": directory.account}
    raise validation("The access key ID is invalid.")  # unverified
