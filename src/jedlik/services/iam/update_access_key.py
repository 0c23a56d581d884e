"""UpdateAccessKey: switch a key off and on."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateAccessKey",
    access="write",
    permissions=on("UpdateAccessKey", permissions.user),
    first=[named("UserName")],
)
async def update_access_key(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def update(draft: Draft) -> None:
        draft.put(replace(lookups.owned_key(ctx, req, draft), status=req["Status"]))

    await change(ctx, update)
    return {}
