"""UpdateRole: description and longest session."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "UpdateRole",
    access="write",
    permissions=on("UpdateRole", permissions.role),
    first=[named("RoleName")],
)
async def update_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def update(draft: Draft) -> None:
        found = lookups.own_role(draft, req["RoleName"])
        description = req.get("Description", found.description)
        session_s_max = req.get("MaxSessionDuration", found.session_s_max)
        draft.put(replace(found, description=description, session_s_max=session_s_max))

    await change(ctx, update)
    return {}
