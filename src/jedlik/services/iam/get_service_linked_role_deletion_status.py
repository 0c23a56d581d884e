"""GetServiceLinkedRoleDeletionStatus: roles are deleted at once."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import permissions
from jedlik.services.iam.errors import NoSuch
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetServiceLinkedRoleDeletionStatus",
    access="read",
    permissions=on("GetServiceLinkedRoleDeletionStatus", permissions.everything),
)
async def get_service_linked_role_deletion_status(
    ctx: Context, req: dict[str, Any]
) -> dict[str, Any]:
    task = req["DeletionTaskId"]
    parts = task.split("/")
    if len(parts) != 5 or parts[:2] != ["task", "aws-service-role"]:
        raise NoSuch.deletion(task)
    return {"Status": "SUCCEEDED"}
