"""CreateRole."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import validation
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import new_id
from jedlik.identity.records import Role
from jedlik.services.iam import limits, permissions, tags
from jedlik.services.iam.changing import change, checked_boundary
from jedlik.services.iam.descriptions import told_role
from jedlik.services.iam.documents import checked_trust
from jedlik.services.iam.errors import exists, quota
from jedlik.services.iam.lookups import SERVICE_PATH
from jedlik.services.iam.names import named, pathed
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreateRole",
    access="write",
    permissions=on("CreateRole", permissions.role),
    first=[named("RoleName"), pathed("Path")],
)
async def create_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    path = req.get("Path", "/")
    if path.startswith(SERVICE_PATH):
        raise validation("Service-linked roles are made by CreateServiceLinkedRole.")  # unverified
    trust = checked_trust(req["AssumeRolePolicyDocument"])
    boundary = req.get("PermissionsBoundary")
    new = Role(
        name=req["RoleName"],
        id=new_id("AROA", Directory.of(ctx).random),
        account=ctx.account,
        path=path,
        created_at=float(int(ctx.now)),
        trust=trust,
        description=req.get("Description", ""),
        session_s_max=req.get("MaxSessionDuration", 3600),
        boundary=boundary,
        tags=tags.given(req.get("Tags")),
    )

    def create(draft: Draft) -> Role:
        checked_boundary(draft, boundary)
        if draft.get(Role, new.name) is not None:
            raise exists(f"Role with name {new.name} already exists.")
        if len(draft.all(Role)) >= limits.ROLES:
            raise quota("RolesPerAccount", limits.ROLES)
        return draft.put(new)

    return {"Role": told_role(await change(ctx, create))}
