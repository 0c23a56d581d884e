"""DetachGroupPolicy: a managed policy."""

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
    "DetachGroupPolicy",
    access="permissions",
    permissions=on("DetachGroupPolicy", permissions.group),
    first=[named("GroupName")],
)
async def detach_group_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def detach(draft: Draft) -> None:
        draft.put(without_attached(lookups.group(draft, req["GroupName"]), req["PolicyArn"]))

    await change(ctx, detach)
    return {}
