"""DeleteAccountPasswordPolicy."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import Account
from jedlik.services.iam import permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteAccountPasswordPolicy",
    access="write",
    permissions=on("DeleteAccountPasswordPolicy", permissions.everything),
)
async def delete_account_password_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = draft.get(Account, "")
        if found is None or found.password_policy is None:
            raise NoSuch.password_policy(ctx.account)
        draft.put(replace(found, password_policy=None))

    await change(ctx, delete)
    return {}
