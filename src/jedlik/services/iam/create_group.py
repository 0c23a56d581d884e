"""CreateGroup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import new_id
from jedlik.identity.records import Group
from jedlik.services.iam import limits, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.descriptions import told_group
from jedlik.services.iam.errors import exists, quota
from jedlik.services.iam.names import named, pathed
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreateGroup",
    access="write",
    permissions=on("CreateGroup", permissions.group),
    first=[named("GroupName"), pathed("Path")],
)
async def create_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    new = Group(
        name=req["GroupName"],
        id=new_id("AGPA", Directory.of(ctx).random),
        account=ctx.account,
        path=req.get("Path", "/"),
        created_at=float(int(ctx.now)),
    )

    def create(draft: Draft) -> Group:
        if draft.get(Group, new.name) is not None:
            raise exists(f"Group with name {new.name} already exists.")
        if len(draft.all(Group)) >= limits.GROUPS:
            raise quota("GroupsPerAccount", limits.GROUPS)
        return draft.put(new)

    return {"Group": told_group(await change(ctx, create))}
