"""ListAccountAliases: one at most."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import Account
from jedlik.services.iam import permissions
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListAccountAliases",
    access="list",
    permissions=on("ListAccountAliases", permissions.everything),
)
async def list_account_aliases(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx).get(Account, "")
    return {"AccountAliases": [found.alias] if found and found.alias else [], "IsTruncated": False}
