"""CreateAccountAlias: instead of the one that there was."""

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
    "CreateAccountAlias",
    access="write",
    permissions=on("CreateAccountAlias", permissions.everything),
)
async def create_account_alias(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    alias = req["AccountAlias"]

    def create(draft: Draft) -> None:
        found = draft.get(Account, "") or Account(account=ctx.account)
        draft.put(replace(found, alias=alias))

    await change(ctx, create)
    return {}
