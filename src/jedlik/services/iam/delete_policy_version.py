"""DeletePolicyVersion: any but the default one."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import conflict
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeletePolicyVersion",
    access="permissions",
    permissions=on("DeletePolicyVersion", permissions.policy),
)
async def delete_policy_version(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = lookups.own_policy(draft, req["PolicyArn"])
        number = lookups.version_number(found, req["VersionId"])
        if number == found.default:
            raise conflict("Cannot delete the default version of a policy.")
        kept = tuple(each for each in found.versions if each.number != number)
        draft.put(replace(found, versions=kept, updated_at=float(int(ctx.now))))

    await change(ctx, delete)
    return {}
