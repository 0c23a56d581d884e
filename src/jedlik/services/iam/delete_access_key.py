"""DeleteAccessKey: from the next request on nobody signs with it."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteAccessKey",
    access="write",
    permissions=on("DeleteAccessKey", permissions.user),
    first=[named("UserName")],
)
async def delete_access_key(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        draft.delete(lookups.owned_key(ctx, req, draft))

    await change(ctx, delete)
    return {}
