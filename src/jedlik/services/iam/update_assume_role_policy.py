"""UpdateAssumeRolePolicy: who may assume a role."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.documents import checked_trust
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateAssumeRolePolicy",
    access="permissions",
    permissions=on("UpdateAssumeRolePolicy", permissions.role),
    first=[named("RoleName")],
)
async def update_assume_role_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    trust = checked_trust(req["PolicyDocument"])

    def update(draft: Draft) -> None:
        draft.put(replace(lookups.own_role(draft, req["RoleName"]), trust=trust))

    await change(ctx, update)
    return {}
