"""GetPolicy: a managed policy without its document; see GetPolicyVersion."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import Attachments, told_policy
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation("iam", "GetPolicy", access="read", permissions=on("GetPolicy", permissions.policy))
async def get_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    return {"Policy": told_policy(Attachments(found), lookups.policy(found, req["PolicyArn"]))}
