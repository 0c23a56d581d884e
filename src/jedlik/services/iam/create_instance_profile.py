"""CreateInstanceProfile: a name to hold a role; there are no instances here."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import new_id
from jedlik.identity.records import InstanceProfile
from jedlik.services.iam import limits, permissions, tags
from jedlik.services.iam.changing import change
from jedlik.services.iam.descriptions import told_profile
from jedlik.services.iam.errors import exists, quota
from jedlik.services.iam.lookups import names
from jedlik.services.iam.names import named, pathed
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "CreateInstanceProfile",
    access="write",
    permissions=on("CreateInstanceProfile", permissions.profile),
    first=[named("InstanceProfileName"), pathed("Path")],
)
async def create_instance_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    new = InstanceProfile(
        name=req["InstanceProfileName"],
        id=new_id("AIPA", Directory.of(ctx).random),
        account=ctx.account,
        path=req.get("Path", "/"),
        created_at=float(int(ctx.now)),
        tags=tags.given(req.get("Tags")),
    )

    def create(draft: Draft) -> InstanceProfile:
        if draft.get(InstanceProfile, new.name) is not None:
            raise exists(f"Instance Profile {new.name} already exists.")
        if len(draft.all(InstanceProfile)) >= limits.INSTANCE_PROFILES:
            raise quota("InstanceProfilesPerAccount", limits.INSTANCE_PROFILES)
        return draft.put(new)

    found = await change(ctx, create)
    return {"InstanceProfile": told_profile(names(ctx), found)}
