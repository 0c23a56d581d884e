"""Finding what a request names, or saying in IAM's words that it is not there.

Unverified: that names are looked up with their letters' case.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from jedlik.api.context import Context
from jedlik.identity import Directory, Draft
from jedlik.identity.records import (
    AWS,
    AccessKey,
    Group,
    InstanceProfile,
    ManagedPolicy,
    OidcProvider,
    Role,
    SamlProvider,
    Stored,
    User,
)
from jedlik.services.iam.errors import NoSuch, access_denied, must_name_a_user, protected_role

SERVICE_PATH = "/aws-service-role/"
S = TypeVar("S", bound=Stored)


class Names(Protocol):
    """A Draft, or the directory seen as one account's."""

    def get(self, kind: type[S], key: str) -> S | None: ...
    def all(self, kind: type[S]) -> list[S]: ...
    def policy(self, arn: str) -> ManagedPolicy | None: ...


def names(ctx: Context) -> Names:
    """For operations that only read."""
    return Draft(Directory.of(ctx), ctx.account)


def user(found: Names, name: str) -> User:
    record = found.get(User, name)
    if record is None or record.name != name:
        raise NoSuch.user(name)
    return record


def group(found: Names, name: str) -> Group:
    record = found.get(Group, name)
    if record is None or record.name != name:
        raise NoSuch.group(name)
    return record


def role(found: Names, name: str) -> Role:
    record = found.get(Role, name)
    if record is None or record.name != name:
        raise NoSuch.role(name)
    return record


def own_role(found: Names, name: str) -> Role:
    """A role that is to be changed: not one that belongs to a service."""
    record = role(found, name)
    if record.path.startswith(SERVICE_PATH):
        raise protected_role(name)
    return record


def policy(found: Names, arn: str) -> ManagedPolicy:
    record = found.policy(arn)
    if record is None:
        raise NoSuch.policy(arn)
    return record


def own_policy(found: Names, arn: str) -> ManagedPolicy:
    """A managed policy that is to be changed: not one of AWS's."""
    record = policy(found, arn)
    if record.account == AWS:
        raise access_denied(f"Policy {arn} is managed by AWS and cannot be changed.")  # unverified
    return record


def version_number(found: ManagedPolicy, version: str) -> int:
    """3 for "v3". Raises NoSuchEntity."""
    for each in found.versions:
        if each.id == version:
            return each.number
    raise NoSuch.version(found.arn, version)


def instance_profile(found: Names, name: str) -> InstanceProfile:
    record = found.get(InstanceProfile, name)
    if record is None or record.name != name:
        raise NoSuch.instance_profile(name)
    return record


def oidc_provider(found: Names, arn: str) -> OidcProvider:
    record = found.get(OidcProvider, arn.partition(":oidc-provider/")[2])
    if record is None or record.arn != arn:
        raise NoSuch.oidc(arn)
    return record


def saml_provider(found: Names, arn: str) -> SamlProvider:
    record = found.get(SamlProvider, arn.partition(":saml-provider/")[2])
    if record is None or record.arn != arn:
        raise NoSuch.saml(arn)
    return record


def user_name(ctx: Context, req: dict[str, Any]) -> str:
    """The user that is named, or else the one who calls."""
    name = req.get("UserName")
    if name is not None:
        return str(name)
    if ctx.principal is None or ctx.principal.kind != "user":
        raise must_name_a_user()
    return str(ctx.principal.name)


def keys_of(found: Names, name: str) -> list[AccessKey]:
    """The access keys of a user, in the order in which they were made."""
    keys = [each for each in found.all(AccessKey) if each.user == name]
    return sorted(keys, key=lambda each: (each.created_at, each.id))


def owned_key(ctx: Context, req: dict[str, Any], found: Names) -> AccessKey:
    """The key that a request names, of the user that it names or else of the caller. Who is no
    user, root for instance, may leave the name away."""
    principal = ctx.principal
    owner = req.get("UserName")
    if owner is None and principal is not None and principal.kind != "root":
        owner = user_name(ctx, req)
    key = found.get(AccessKey, req["AccessKeyId"])
    if key is None or owner not in (None, key.user):
        raise NoSuch.access_key(req["AccessKeyId"])
    return key
