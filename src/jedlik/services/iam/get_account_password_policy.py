"""GetAccountPasswordPolicy."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import Account
from jedlik.services.iam import permissions
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetAccountPasswordPolicy",
    access="read",
    permissions=on("GetAccountPasswordPolicy", permissions.everything),
)
async def get_account_password_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx).get(Account, "")
    if found is None or found.password_policy is None:
        raise NoSuch.password_policy(ctx.account)
    return {"PasswordPolicy": found.password_policy}
