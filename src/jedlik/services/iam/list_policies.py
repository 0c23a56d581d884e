"""ListPolicies: those of the account and those of AWS."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.managed import aws_managed_policies
from jedlik.identity.records import ManagedPolicy
from jedlik.services.iam import permissions
from jedlik.services.iam.descriptions import Attachments, told_policy
from jedlik.services.iam.lookups import names
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


def _arn(policy: ManagedPolicy) -> str:
    return policy.arn


def _is_meant(counted: Attachments, policy: ManagedPolicy, req: dict[str, Any]) -> bool:
    attached, bounded = counted.of(policy.arn)
    usage = req.get("PolicyUsageFilter")
    if req.get("OnlyAttached") and not (bounded if usage == "PermissionsBoundary" else attached):
        return False
    if usage == "PermissionsBoundary" and not bounded:
        return False
    return policy.path.startswith(req.get("PathPrefix", "/"))


@operation(
    "iam", "ListPolicies", access="list", permissions=on("ListPolicies", permissions.everything)
)
async def list_policies(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    counted = Attachments(found)
    scope = req.get("Scope", "All")
    listed: list[ManagedPolicy] = []
    if scope in ("All", "Local"):
        listed += found.all(ManagedPolicy)
    if scope in ("All", "AWS"):
        listed += aws_managed_policies()
    part, more = page(
        req,
        sorted((each for each in listed if _is_meant(counted, each, req)), key=_arn),
        key=_arn,
    )
    return {"Policies": [told_policy(counted, each, briefly=True) for each in part], **more}
