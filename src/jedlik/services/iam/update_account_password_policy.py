"""UpdateAccountPasswordPolicy: kept and shown; there are no passwords that it could rule."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import Account
from jedlik.services.iam import permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateAccountPasswordPolicy",
    access="write",
    permissions=on("UpdateAccountPasswordPolicy", permissions.everything),
)
async def update_account_password_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    policy = {
        "MinimumPasswordLength": req.get("MinimumPasswordLength", 6),
        "RequireSymbols": req.get("RequireSymbols", False),
        "RequireNumbers": req.get("RequireNumbers", False),
        "RequireUppercaseCharacters": req.get("RequireUppercaseCharacters", False),
        "RequireLowercaseCharacters": req.get("RequireLowercaseCharacters", False),
        "AllowUsersToChangePassword": req.get("AllowUsersToChangePassword", False),
        "ExpirePasswords": bool(req.get("MaxPasswordAge", 0)),
        "HardExpiry": req.get("HardExpiry", False),
    }
    for key in ("MaxPasswordAge", "PasswordReusePrevention"):
        if req.get(key):
            policy[key] = req[key]

    def update(draft: Draft) -> None:
        found = draft.get(Account, "") or Account(account=ctx.account)
        draft.put(replace(found, password_policy=policy))

    await change(ctx, update)
    return {}
