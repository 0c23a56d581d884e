"""DetachUserPolicy: a managed policy."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, without_attached
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DetachUserPolicy",
    access="permissions",
    permissions=on("DetachUserPolicy", permissions.user),
    first=[named("UserName")],
)
async def detach_user_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def detach(draft: Draft) -> None:
        draft.put(without_attached(lookups.user(draft, req["UserName"]), req["PolicyArn"]))

    await change(ctx, detach)
    return {}
