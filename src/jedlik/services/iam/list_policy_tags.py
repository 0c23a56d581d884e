"""ListPolicyTags."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam", "ListPolicyTags", access="list", permissions=on("ListPolicyTags", permissions.policy)
)
async def list_policy_tags(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return tags.tag_page(req, lookups.policy(names(ctx), req["PolicyArn"]).tags)
