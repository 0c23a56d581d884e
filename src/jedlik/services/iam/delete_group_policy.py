"""DeleteGroupPolicy: an inline policy."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change, without_inline
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteGroupPolicy",
    access="permissions",
    permissions=on("DeleteGroupPolicy", permissions.group),
    first=[named("GroupName", "PolicyName")],
)
async def delete_group_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        draft.put(without_inline(lookups.group(draft, req["GroupName"]), req["PolicyName"]))

    await change(ctx, delete)
    return {}
