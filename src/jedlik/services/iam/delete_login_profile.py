"""DeleteLoginProfile."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.lookups import user_name
from jedlik.services.iam.names import named
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteLoginProfile",
    access="write",
    permissions=on("DeleteLoginProfile", permissions.user),
    first=[named("UserName")],
)
async def delete_login_profile(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = user_name(ctx, req)

    def delete(draft: Draft) -> None:
        found = lookups.user(draft, name)
        if found.login is None:
            raise NoSuch.login(name)
        draft.put(replace(found, login=None))

    await change(ctx, delete)
    return {}
