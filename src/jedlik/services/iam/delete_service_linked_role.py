"""DeleteServiceLinkedRole: done at once; the task is there to be asked about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.records import Role
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.lookups import SERVICE_PATH
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteServiceLinkedRole",
    access="write",
    permissions=on("DeleteServiceLinkedRole", permissions.role),
)
async def delete_service_linked_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> Role:
        found = lookups.role(draft, req["RoleName"])
        if not found.path.startswith(SERVICE_PATH):
            raise NoSuch.role(req["RoleName"])
        draft.delete(found)
        return found

    found = await change(ctx, delete)
    number = str(UUID(bytes=Directory.of(ctx).random(16), version=4))
    return {"DeletionTaskId": f"task{found.path}{found.name}/{number}"}
