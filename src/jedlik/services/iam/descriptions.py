"""Records as IAM's answers show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from jedlik.identity.directory import Use
from jedlik.identity.records import (
    Entity,
    Group,
    InstanceProfile,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from jedlik.services.iam import tags
from jedlik.services.iam.documents import escaped
from jedlik.services.iam.lookups import Names

Told = dict[str, Any]


def _entity(kind: str, found: Entity) -> Told:
    """kind: "User", "Group", "Role"."""
    return {
        "Path": found.path,
        f"{kind}Name": found.name,
        f"{kind}Id": found.id,
        "Arn": found.arn,  # type: ignore[attr-defined]
        "CreateDate": found.created_at,
    }


def _boundary(arn: str | None) -> Told:
    if arn is None:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": arn,
        }
    }


def _tags(found: User | Role | ManagedPolicy | InstanceProfile) -> Told:
    return {"Tags": tags.told(found.tags)} if found.tags else {}


def told_user(found: User, *, briefly: bool = False) -> Told:
    """briefly: as lists show it, without tags and boundary."""
    told = _entity("User", found)
    return told if briefly else {**told, **_boundary(found.boundary), **_tags(found)}


def told_group(found: Group) -> Told:
    return _entity("Group", found)


def told_role(found: Role, *, use: Use | None = None, briefly: bool = False) -> Told:
    told = {
        **_entity("Role", found),
        "AssumeRolePolicyDocument": escaped(found.trust),
        "MaxSessionDuration": found.session_s_max,
    }
    if found.description:
        told["Description"] = found.description
    if briefly:
        return told
    used = {"LastUsedDate": use[0], "Region": use[1]} if use else {}
    return {**told, **_boundary(found.boundary), **_tags(found), "RoleLastUsed": used}


class Attachments:
    """To how many users, groups and roles each policy is attached; counted once for a request."""

    def __init__(self, names: Names) -> None:
        entities: list[Entity] = [*names.all(User), *names.all(Group), *names.all(Role)]
        self._attached = Counter(arn for each in entities for arn in each.attached)
        self._bounded = Counter(getattr(each, "boundary", None) for each in entities)

    def of(self, arn: str) -> tuple[int, int]:
        """As a policy, and as a boundary."""
        return self._attached[arn], self._bounded[arn]


def told_policy(attachments: Attachments, found: ManagedPolicy, *, briefly: bool = False) -> Told:
    attached, bounded = attachments.of(found.arn)
    told = {
        "PolicyName": found.name,
        "PolicyId": found.id,
        "Arn": found.arn,
        "Path": found.path,
        "DefaultVersionId": f"v{found.default}",
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounded,
        "IsAttachable": True,
        "CreateDate": found.created_at,
        "UpdateDate": found.updated_at,
    }
    if briefly:
        return told
    if found.description:
        told["Description"] = found.description
    return {**told, **_tags(found)}


def told_version(found: ManagedPolicy, version: PolicyVersion, *, document: bool = False) -> Told:
    told: Told = {"Document": escaped(version.document)} if document else {}
    return {
        **told,
        "VersionId": version.id,
        "IsDefaultVersion": version.number == found.default,
        "CreateDate": version.created_at,
    }


def told_profile(names: Names, found: InstanceProfile, *, briefly: bool = False) -> Told:
    role = names.get(Role, found.role) if found.role else None
    told = {
        "Path": found.path,
        "InstanceProfileName": found.name,
        "InstanceProfileId": found.id,
        "Arn": found.arn,
        "CreateDate": found.created_at,
        "Roles": [told_role(role, briefly=True)] if role else [],
    }
    return told if briefly else {**told, **_tags(found)}


def told_attached(names: Names, arns: Iterable[str], path: str = "/") -> list[Told]:
    """Managed policies by their names, those below a path."""
    found = []
    for arn in arns:
        policy = names.policy(arn)
        if policy is not None and policy.path.startswith(path):
            found.append({"PolicyName": policy.name, "PolicyArn": arn})
    return sorted(found, key=lambda each: each["PolicyArn"])
