"""GetAccountAuthorizationDetails: all that is there, with all its policies."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory
from jedlik.identity.managed import aws_managed_policies
from jedlik.identity.records import Group, InstanceProfile, ManagedPolicy, Role, User
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.descriptions import (
    Attachments,
    told_attached,
    told_group,
    told_policy,
    told_profile,
    told_role,
    told_user,
    told_version,
)
from jedlik.services.iam.documents import escaped
from jedlik.services.iam.lookups import names
from jedlik.services.iam.pages import page
from jedlik.services.iam.permissions import on


def _key(entry: User | Role | Group | ManagedPolicy) -> str:
    return f"{entry.kind}|{entry.arn}"


def _inline(kind: str, entry: User | Role | Group) -> dict[str, Any]:
    policies = [
        {"PolicyName": name, "PolicyDocument": escaped(text)} for name, text in entry.inline.items()
    ]
    return {f"{kind}PolicyList": policies}


def _user(found: lookups.Names, entry: User) -> dict[str, Any]:
    attached = told_attached(found, entry.attached)
    more = {"GroupList": list(entry.groups), "AttachedManagedPolicies": attached}
    return {**told_user(entry), **_inline("User", entry), **more}


def _group(found: lookups.Names, entry: Group) -> dict[str, Any]:
    attached = {"AttachedManagedPolicies": told_attached(found, entry.attached)}
    return {**told_group(entry), **_inline("Group", entry), **attached}


def _role(ctx: Context, found: lookups.Names, entry: Role) -> dict[str, Any]:
    profiles = [each for each in found.all(InstanceProfile) if each.role == entry.name]
    return {
        **told_role(entry, use=Directory.of(ctx).last_use(entry.id)),
        **_inline("Role", entry),
        "AttachedManagedPolicies": told_attached(found, entry.attached),
        "InstanceProfileList": [told_profile(found, each, briefly=True) for each in profiles],
    }


def _policy(counted: Attachments, entry: ManagedPolicy) -> dict[str, Any]:
    versions = [told_version(entry, each, document=True) for each in reversed(entry.versions)]
    return {**told_policy(counted, entry), "PolicyVersionList": versions}


@operation(
    "iam",
    "GetAccountAuthorizationDetails",
    access="read",
    permissions=on("GetAccountAuthorizationDetails", permissions.everything),
)
async def get_account_authorization_details(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = names(ctx)
    counted = Attachments(found)
    wanted = set(
        req.get("Filter") or ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
    )
    entries: list[User | Role | Group | ManagedPolicy] = []
    if "Group" in wanted:
        entries += found.all(Group)
    if "Role" in wanted:
        entries += found.all(Role)
    if "User" in wanted:
        entries += found.all(User)
    if "LocalManagedPolicy" in wanted:
        entries += found.all(ManagedPolicy)
    if "AWSManagedPolicy" in wanted:
        entries += [each for each in aws_managed_policies() if any(counted.of(each.arn))]
    part, more = page(req, sorted(entries, key=_key), key=_key)
    return {
        "UserDetailList": [_user(found, each) for each in part if isinstance(each, User)],
        "GroupDetailList": [_group(found, each) for each in part if isinstance(each, Group)],
        "RoleDetailList": [_role(ctx, found, each) for each in part if isinstance(each, Role)],
        "Policies": [_policy(counted, each) for each in part if isinstance(each, ManagedPolicy)],
        **more,
    }
