"""DeletePolicy: one that is attached nowhere and has no version but the default one."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.descriptions import Attachments
from jedlik.services.iam.errors import conflict
from jedlik.services.iam.permissions import on


@operation(
    "iam", "DeletePolicy", access="permissions", permissions=on("DeletePolicy", permissions.policy)
)
async def delete_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        found = lookups.own_policy(draft, req["PolicyArn"])
        if any(Attachments(draft).of(found.arn)):
            raise conflict("Cannot delete a policy attached to entities.")
        if len(found.versions) > 1:
            raise conflict(
                "This policy has more than one version. Before you delete a policy, you must "
                "delete the policy's versions. The default version is deleted with the policy."
            )
        draft.delete(found)

    await change(ctx, delete)
    return {}
