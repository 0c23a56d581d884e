"""CreatePolicy: a managed policy, with version v1."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import new_id
from jedlik.identity.records import ManagedPolicy, PolicyVersion
from jedlik.services.iam import limits, permissions, tags
from jedlik.services.iam.changing import change
from jedlik.services.iam.descriptions import Attachments, told_policy
from jedlik.services.iam.documents import checked_managed
from jedlik.services.iam.errors import exists, quota
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named, pathed
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreatePolicy",
    access="permissions",
    permissions=on("CreatePolicy", permissions.policy),
    first=[named("PolicyName"), pathed("Path")],
)
async def create_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    document = checked_managed(req["PolicyDocument"])
    now = float(int(ctx.now))
    new = ManagedPolicy(
        name=req["PolicyName"],
        id=new_id("ANPA", Directory.of(ctx).random),
        account=ctx.account,
        path=req.get("Path", "/"),
        created_at=now,
        updated_at=now,
        description=req.get("Description", ""),
        versions=(PolicyVersion(1, document, now),),
        tags=tags.given(req.get("Tags")),
    )

    def create(draft: Draft) -> ManagedPolicy:
        if draft.get(ManagedPolicy, new.name) is not None:
            raise exists(
                f"A policy called {new.name} already exists. Duplicate names are not allowed."
            )
        if len(draft.all(ManagedPolicy)) >= limits.POLICIES:
            raise quota("PoliciesPerAccount", limits.POLICIES)
        return draft.put(new)

    found = await change(ctx, create)
    told = told_policy(Attachments(names(ctx)), found, briefly=True)
    return {"Policy": {**told, "Tags": tags.told(found.tags)} if found.tags else told}
