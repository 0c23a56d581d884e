"""DeleteResourcePolicy: of the account by its name, or that of a group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.policies import Policies


@operation("logs", "DeleteResourcePolicy", access="permissions")
async def delete_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await Policies(ctx).delete(req)
    return {}
