"""What the operations that make sessions have in common: durations, session policies, tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import validation
from jedlik.identity import Directory, Principal
from jedlik.identity.policy import Malformed, check_document
from jedlik.identity.records import Role
from jedlik.identity.sessions import Issued, Of, Session
from jedlik.services.sts.errors import (
    access_denied,
    invalid_parameter,
    malformed_document,
    packed_too_large,
)

CHAINED_S_MAX = 3600
POLICY_CHARACTERS = 2048
TAGS_MAX = 50


@dataclass(frozen=True)
class Narrowing:
    """Session policies and tags of a request."""

    policies: tuple[str, ...]
    policy_arns: tuple[str, ...]
    tags: dict[str, str]
    transitive: tuple[str, ...]

    @property
    def narrows(self) -> bool:
        return bool(self.policies or self.policy_arns)


def narrowing(ctx: Context, req: dict[str, Any], account: str) -> Narrowing:
    """Read and check them. Raises ApiError."""
    policy = req.get("Policy")
    if policy is not None:
        try:
            check_document(policy)
        except Malformed as fault:
            raise malformed_document(fault.message) from None
        if len(policy) > POLICY_CHARACTERS:
            raise packed_too_large(100 * len(policy) // POLICY_CHARACTERS)
    arns = tuple(each.get("arn", "") for each in req.get("PolicyArns", ()))
    directory = Directory.of(ctx)
    for arn in arns:
        if directory.policy(account, arn) is None:
            raise access_denied(f"Policy {arn} does not exist or is not attachable.")  # unverified
    tags = session_tags(req.get("Tags", ()))
    transitive = tuple(req.get("TransitiveTagKeys", ()))
    for key in transitive:
        if key.lower() not in map(str.lower, tags):
            raise invalid_parameter(  # unverified
                "The specified transitive tag key must be included in the requested tags."
            )
    return Narrowing((policy,) if policy else (), arns, tags, transitive)


def session_tags(given: Any) -> dict[str, str]:
    """Raises ApiError."""
    tags: dict[str, str] = {}
    for tag in given:
        if tag["Key"].lower() in map(str.lower, tags):
            raise invalid_parameter(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            )
        if tag["Key"].lower().startswith("aws:"):
            raise invalid_parameter("Tag keys must not begin with aws:")  # unverified
        tags[tag["Key"]] = tag["Value"]
    return tags


def with_inherited(asked: Narrowing, principal: Principal | None) -> Narrowing:
    """With the transitive tags of the session that asks, which it cannot give other values."""
    if principal is None or not principal.transitive:
        return asked
    inherited = dict(principal.transitive)
    if {key.lower() for key in inherited} & {key.lower() for key in asked.tags}:
        raise invalid_parameter(
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session."
        )
    tags = {**inherited, **asked.tags}
    return Narrowing(asked.policies, asked.policy_arns, tags, (*inherited, *asked.transitive))


def duration_s(req: dict[str, Any], role: Role, *, chained: bool) -> int:
    """How long a role's session lasts. Raises ApiError."""
    asked: int = req.get("DurationSeconds", 3600)
    if chained and asked > CHAINED_S_MAX:
        raise validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining"
        )
    if asked > role.session_s_max:
        raise validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return asked


def issue(
    ctx: Context, of: Of, asked: Narrowing, *, lasts_s: int, **parts: Any
) -> tuple[Issued, dict[str, Any]]:
    """Make a session: its credentials, and what the answer tells of them.

    parts: further members of Session.
    """
    sessions = Directory.of(ctx).sessions
    parts = {
        "issued_at": int(ctx.now),
        "expires_at": int(ctx.now) + lasts_s,
        "policies": asked.policies,
        "policy_arns": asked.policy_arns,
        "narrowed": asked.narrows,
        "tags": asked.tags,
        "transitive": asked.transitive,
        **parts,
    }
    told: dict[str, Any] = {}
    if asked.narrows or asked.tags:
        share = sessions.size_share(Session(of, access_key="", **parts))
        if share > 100:
            raise packed_too_large(share)
        told["PackedPolicySize"] = share
    issued = sessions.issue(of, **parts)
    told["Credentials"] = {
        "AccessKeyId": issued.access_key,
        "SecretAccessKey": issued.secret,
        "SessionToken": issued.token,
        "Expiration": issued.expires_at,
    }
    return issued, told


def issue_for_role(
    ctx: Context,
    role: Role,
    asked: Narrowing,
    *,
    lasts_s: int,
    session_name: str,
    context: dict[str, str],
) -> dict[str, Any]:
    """Make a session of a role; what the answer tells of it and of who has it."""
    _, told = issue(
        ctx,
        "role",
        asked,
        lasts_s=lasts_s,
        account=role.account,
        name=role.name,
        id=role.id,
        session_name=session_name,
        context={**context, "aws:RoleSessionName": session_name},
    )
    Directory.of(ctx).used_session(role, ctx.now, ctx.region)
    arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session_name}"
    return {**told, "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{session_name}", "Arn": arn}}


def role_of(ctx: Context, arn: str) -> Role | None:
    """The role of an ARN, None if there is none."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    found = Directory.of(ctx).get(Role, parts[4], arn.rpartition("/")[2])
    return found if found is not None and found.arn == arn else None


def caller(ctx: Context) -> tuple[str, str]:
    """ARN and unique id of who asks; a developer in open mode is as good as root."""
    principal = ctx.principal
    if principal is None:
        return f"arn:aws:iam::{ctx.account}:root", ctx.account
    return principal.arn, principal.id
