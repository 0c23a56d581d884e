"""Trust policies: who may assume a role."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jedlik.api.access import Ask, Given
from jedlik.api.context import Context
from jedlik.identity.policy import Keys, parse_document
from jedlik.identity.records import Role
from jedlik.services.sts.requests import role_of


class AssumeRoleAsks:
    """sts:AssumeRole on the role, which its trust policy must allow, too; and sts:TagSession and
    sts:SetSourceIdentity for what the session is given."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        arn = req["RoleArn"]
        role = role_of(ctx, arn)
        trust = {} if role is None else {f"{role.name} (trust policy)": as_resource_policy(role)}
        actions = ["sts:AssumeRole"]
        if req.get("Tags"):
            actions.append("sts:TagSession")
        if "SourceIdentity" in req:
            actions.append("sts:SetSourceIdentity")
        keys = Given(_keys(req))
        return [
            Ask(action, arn, keys, trust, role, needs_resource_allow=True) for action in actions
        ]

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return self.asks(ctx, req)


def _keys(req: dict[str, Any]) -> dict[str, str | Sequence[str]]:
    found: dict[str, str | Sequence[str]] = {"sts:RoleSessionName": req["RoleSessionName"]}
    if "ExternalId" in req:
        found["sts:ExternalId"] = req["ExternalId"]
    if "SourceIdentity" in req:
        found["sts:SourceIdentity"] = req["SourceIdentity"]
    if req.get("TransitiveTagKeys"):
        found["sts:TransitiveTagKeys"] = req["TransitiveTagKeys"]
    return found


def as_resource_policy(role: Role) -> str:
    """The trust policy with the resource that it leaves out: the role."""
    document = json.loads(role.trust)
    statements = document["Statement"]
    for each in statements if isinstance(statements, list) else [statements]:
        each["Resource"] = "*"
    return json.dumps(document)


def federation_allows(
    trust: str, provider: str, action: str, keys: Mapping[str, str | Sequence[str]]
) -> bool:
    """Whether a trust policy lets in whoever a provider vouches for. provider: its ARN."""
    values = Keys(keys)
    allowed = False
    for statement in parse_document(trust, kind="trust").statements:
        principals = statement.principals
        if principals is None or not statement.is_about_action(action.lower()):
            continue
        named = provider in principals.federated or "*" in principals.aws
        if named == statement.but_principals:
            continue
        if all(test.holds(values) for test in statement.tests):
            if statement.denies:
                return False
            allowed = True
    return allowed
