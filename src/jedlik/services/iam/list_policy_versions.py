"""ListPolicyVersions: newest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_version
from jedlik.services.iam.lookups import names
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListPolicyVersions",
    access="list",
    permissions=on("ListPolicyVersions", permissions.policy),
)
async def list_policy_versions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.policy(names(ctx), req["PolicyArn"])
    newest_first = sorted(found.versions, key=lambda each: -each.number)
    part, more = page(req, newest_first, key=lambda each: f"{1_000_000_000 - each.number}")
    return {"Versions": [told_version(found, each) for each in part], **more}
