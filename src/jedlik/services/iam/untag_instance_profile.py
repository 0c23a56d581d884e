"""UntagInstanceProfile."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.changing import change
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UntagInstanceProfile",
    access="tagging",
    permissions=on("UntagInstanceProfile", permissions.profile),
    first=[named("InstanceProfileName")],
)
async def untag_instance_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def untag(draft: Draft) -> None:
        found = lookups.instance_profile(draft, req["InstanceProfileName"])
        draft.put(replace(found, tags=tags.without(found.tags, req["TagKeys"])))

    await change(ctx, untag)
    return {}
