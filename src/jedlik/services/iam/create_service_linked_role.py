"""CreateServiceLinkedRole: the role of a service, with the policy that AWS gives it."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import Role
from jedlik.services.iam import permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.descriptions import told_role
from jedlik.services.iam.errors import invalid_input
from jedlik.services.iam.permissions import on
from jedlik.services.iam.service_roles import new_service_role


@operation(
    "iam",
    "CreateServiceLinkedRole",
    access="write",
    permissions=on("CreateServiceLinkedRole", permissions.service_role),
)
async def create_service_linked_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    new = new_service_role(ctx, req)

    def create(draft: Draft) -> Role:
        if draft.get(Role, new.name) is not None:
            raise invalid_input(
                f"Service role name {new.name} has been taken in this account, please try a "
                "different suffix."
            )
        return draft.put(new)

    return {"Role": told_role(await change(ctx, create), briefly=True)}
