"""DeleteInstanceProfile: an empty one."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import conflict
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteInstanceProfile",
    access="write",
    permissions=on("DeleteInstanceProfile", permissions.profile),
    first=[named("InstanceProfileName")],
)
async def delete_instance_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        profile = lookups.instance_profile(draft, req["InstanceProfileName"])
        if profile.role is not None:
            raise conflict("Cannot delete entity, must remove roles from instance profile first.")
        draft.delete(profile)

    await change(ctx, delete)
    return {}
