"""CreateUser: a user without keys, groups and permissions."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import new_id
from jedlik.identity.records import User
from jedlik.services.iam import limits, permissions, tags
from jedlik.services.iam.changing import change, checked_boundary
from jedlik.services.iam.descriptions import told_user
from jedlik.services.iam.errors import exists, quota
from jedlik.services.iam.names import named, pathed
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreateUser",
    access="write",
    permissions=on("CreateUser", permissions.user),
    first=[named("UserName"), pathed("Path")],
)
async def create_user(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    directory = Directory.of(ctx)
    boundary = req.get("PermissionsBoundary")
    new = User(
        name=req["UserName"],
        id=new_id("AIDA", directory.random),
        account=ctx.account,
        path=req.get("Path", "/"),
        created_at=float(int(ctx.now)),
        boundary=boundary,
        tags=tags.given(req.get("Tags")),
    )

    def create(draft: Draft) -> User:
        checked_boundary(draft, boundary)
        if draft.get(User, new.name) is not None:
            raise exists(f"User with name {new.name} already exists.")
        if len(draft.all(User)) >= limits.USERS:
            raise quota("UsersPerAccount", limits.USERS)
        return draft.put(new)

    return {"User": told_user(await change(ctx, create))}
