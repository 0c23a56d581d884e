"""SetDefaultPolicyVersion: the version that counts, from the next request on."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "SetDefaultPolicyVersion",
    access="permissions",
    permissions=on("SetDefaultPolicyVersion", permissions.policy),
)
async def set_default_policy_version(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def put(draft: Draft) -> None:
        found = lookups.own_policy(draft, req["PolicyArn"])
        number = lookups.version_number(found, req["VersionId"])
        draft.put(replace(found, default=number, updated_at=float(int(ctx.now))))

    await change(ctx, put)
    return {}
