"""What IAM's operations ask permission for: their action on the entity that a request names.

With the condition keys of the service: iam:PolicyARN, iam:PermissionsBoundary, iam:AWSServiceName,
iam:ResourceTag/… and aws:ResourceTag/… of the entity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from jedlik.api.access import Ask, Permissions
from jedlik.api.context import Context
from jedlik.identity import Directory
from jedlik.identity.records import Group, InstanceProfile, Role, User
from jedlik.services.iam.service_roles import SERVICE_ROLES, service_role_arn

Request = dict[str, Any]
NO_TAGS: Mapping[str, str] = {}


class Target(NamedTuple):
    """What a request is about."""

    arn: str
    tags: Mapping[str, str] = NO_TAGS
    boundary: str | None = None


Find = Callable[[Context, Request], Target]


def on(action: str, find: Find) -> Permissions:
    """Of an operation: `permissions=on("GetUser", user)`."""
    return _On(f"iam:{action}", find)


class _On:
    def __init__(self, action: str, find: Find) -> None:
        self._action = action
        self._find = find

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask]:
        target = self._find(ctx, req)
        return (Ask(self._action, target.arn, _Keys(req, target)),)

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        return self.asks(ctx, req)


class _Keys:
    """Condition keys of one request."""

    def __init__(self, req: Request, target: Target) -> None:
        self._req = req
        self._target = target

    def get(self, key: str, /) -> Sequence[str] | None:
        if key == "iam:policyarn":
            return _given(self._req.get("PolicyArn"))
        if key == "iam:permissionsboundary":
            return _given(self._req.get("PermissionsBoundary") or self._target.boundary)
        if key == "iam:awsservicename":
            return _given(self._req.get("AWSServiceName"))
        for prefix in ("iam:resourcetag/", "aws:resourcetag/"):
            if key.startswith(prefix):
                wanted = key[len(prefix) :]
                return _given(
                    next((v for k, v in self._target.tags.items() if k.lower() == wanted), None)
                )
        return None


def _given(value: Any) -> Sequence[str] | None:
    return None if value is None else (str(value),)


def everything(ctx: Context, req: Request) -> Target:
    return Target("*")


def user(ctx: Context, req: Request) -> Target:
    name = req.get("UserName")
    if name is None:
        principal = ctx.principal
        if principal is None or principal.kind != "user":
            return Target(f"arn:aws:iam::{ctx.account}:user/")
        name = principal.name
    found = Directory.of(ctx).get(User, ctx.account, name)
    if found is not None:
        return Target(found.arn, found.tags, found.boundary)
    return Target(f"arn:aws:iam::{ctx.account}:user{req.get('Path', '/')}{name}")


def role(ctx: Context, req: Request) -> Target:
    name = req["RoleName"]
    found = Directory.of(ctx).get(Role, ctx.account, name)
    if found is not None:
        return Target(found.arn, found.tags, found.boundary)
    return Target(f"arn:aws:iam::{ctx.account}:role{req.get('Path', '/')}{name}")


def service_role(ctx: Context, req: Request) -> Target:
    """The role that a service would have."""
    service = req.get("AWSServiceName", "")
    if service in SERVICE_ROLES:
        return Target(service_role_arn(ctx.account, service))
    return Target(f"arn:aws:iam::{ctx.account}:role/aws-service-role/{service}/*")


def group(ctx: Context, req: Request) -> Target:
    name = req["GroupName"]
    found = Directory.of(ctx).get(Group, ctx.account, name)
    if found is not None:
        return Target(found.arn)
    return Target(f"arn:aws:iam::{ctx.account}:group{req.get('Path', '/')}{name}")


def policy(ctx: Context, req: Request) -> Target:
    arn = req.get("PolicyArn")
    if arn is None:
        path = req.get("Path", "/")
        return Target(f"arn:aws:iam::{ctx.account}:policy{path}{req['PolicyName']}")
    found = Directory.of(ctx).policy(ctx.account, arn)
    return Target(arn, found.tags if found else NO_TAGS)


def profile(ctx: Context, req: Request) -> Target:
    name = req["InstanceProfileName"]
    found = Directory.of(ctx).get(InstanceProfile, ctx.account, name)
    if found is not None:
        return Target(found.arn, found.tags)
    return Target(f"arn:aws:iam::{ctx.account}:instance-profile{req.get('Path', '/')}{name}")


def oidc(ctx: Context, req: Request) -> Target:
    arn = req.get("OpenIDConnectProviderArn")
    url = str(req.get("Url", "")).partition("://")[2]
    return Target(arn or f"arn:aws:iam::{ctx.account}:oidc-provider/{url}")


def saml(ctx: Context, req: Request) -> Target:
    arn = req.get("SAMLProviderArn")
    return Target(arn or f"arn:aws:iam::{ctx.account}:saml-provider/{req.get('Name', '')}")


def source(ctx: Context, req: Request) -> Target:
    """Whose policies are simulated."""
    return Target(str(req["PolicySourceArn"]))


def key_owner(ctx: Context, req: Request) -> Target:
    """The user whose access key is named."""
    key = Directory.of(ctx).owner_of(req["AccessKeyId"])
    return Target("*") if key is None else user(ctx, {"UserName": key.user})
