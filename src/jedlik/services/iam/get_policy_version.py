"""GetPolicyVersion: with the document."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import told_version
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam", "GetPolicyVersion", access="read", permissions=on("GetPolicyVersion", permissions.policy)
)
async def get_policy_version(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.policy(names(ctx), req["PolicyArn"])
    version = found.version(lookups.version_number(found, req["VersionId"]))
    return {"PolicyVersion": told_version(found, version, document=True)}
