"""CreatePolicyVersion: up to five, numbers are never used again."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import ManagedPolicy, PolicyVersion
from jedlik.services.iam import limits, lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.descriptions import told_version
from jedlik.services.iam.documents import checked_managed
from jedlik.services.iam.errors import limit
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreatePolicyVersion",
    access="permissions",
    permissions=on("CreatePolicyVersion", permissions.policy),
)
async def create_policy_version(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    document = checked_managed(req["PolicyDocument"])
    now = float(int(ctx.now))

    def create(draft: Draft) -> ManagedPolicy:
        found = lookups.own_policy(draft, req["PolicyArn"])
        if len(found.versions) >= limits.POLICY_VERSIONS:
            raise limit(
                f"A managed policy can have up to {limits.POLICY_VERSIONS} versions. Before you "
                "create a new version, you must delete an existing version."
            )
        number = found.next_number
        return draft.put(
            replace(
                found,
                versions=(*found.versions, PolicyVersion(number, document, now)),
                next_number=number + 1,
                default=number if req.get("SetAsDefault") else found.default,
                updated_at=now,
            )
        )

    found = await change(ctx, create)
    return {"PolicyVersion": told_version(found, found.versions[-1])}
