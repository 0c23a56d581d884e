"""Simulations: the same judgement that requests get, asked in advance and explained."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from jedlik.api.context import Context
from jedlik.identity import Directory, Policy, PolicySets, Principal
from jedlik.identity.policy import (
    AccessRequest,
    Decision,
    Keys,
    Malformed,
    Matched,
    check_document,
    evaluate,
    parse_document,
)
from jedlik.identity.policy.compiled import CompiledPolicy
from jedlik.identity.records import Group, Role, User
from jedlik.services.iam.errors import NoSuch, invalid_input
from jedlik.services.iam.pages import page

INPUT = "PolicyInputList"


def input_policies(documents: Iterable[str], name: str = INPUT) -> tuple[Policy, ...]:
    """The policies of a request. Raises InvalidInput."""
    found = []
    for number, text in enumerate(documents, 1):
        try:
            found.append(Policy(f"{name}.{number}", check_document(text)))
        except Malformed as fault:
            raise invalid_input(fault.message) from None
    return tuple(found)


def principal_of(ctx: Context, arn: str) -> tuple[Principal, PolicySets]:
    """The user, group or role of an ARN, and its policies. Raises NoSuchEntity."""
    directory, name = Directory.of(ctx), arn.rpartition("/")[2]
    kind = arn.rpartition(":")[2].partition("/")[0]
    if kind == "user":
        user = directory.get(User, ctx.account, name)
        if user is None or user.arn != arn:
            raise NoSuch.user(name)
        principal = directory.persons.user(user)
        return principal, principal.policies
    if kind == "role":
        role = directory.get(Role, ctx.account, name)
        if role is None or role.arn != arn:
            raise NoSuch.role(name)
        principal = directory.persons.role(role)
        return principal, principal.policies
    if kind == "group":
        group = directory.get(Group, ctx.account, name)
        if group is None or group.arn != arn:
            raise NoSuch.group(name)
        sets = PolicySets(directory.persons.group(group))
        return Principal(ctx.account, arn, "user", policies=sets), sets
    raise invalid_input(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")


def simulate(
    ctx: Context, req: dict[str, Any], principal: Principal, sets: PolicySets
) -> dict[str, Any]:
    """The answer: each action on each resource."""
    keys = Keys(
        {
            each["ContextKeyName"]: each["ContextKeyValues"]
            for each in req.get("ContextEntries", ())
            # The model requires neither. Unverified: that one without the other says nothing.
            if {"ContextKeyName", "ContextKeyValues"} <= each.keys()
        }
    )
    resource_policies: tuple[CompiledPolicy, ...] = ()
    if "ResourcePolicy" in req:
        try:
            parsed = parse_document(req["ResourcePolicy"], kind="resource", name="ResourcePolicy")
        except Malformed as fault:
            raise invalid_input(fault.message) from None
        resource_policies = (parsed,)
    owner = str(req.get("ResourceOwner", "")).split(":")
    account = owner[4] if len(owner) > 4 else ""
    asked = [
        (action, resource)
        for action in req["ActionNames"]
        for resource in req.get("ResourceArns") or ("*",)
    ]
    numbered = [(f"{number:09}", *each) for number, each in enumerate(asked)]
    part, more = page(req, numbered, key=lambda each: each[0])
    results = []
    for _, action, resource in part:
        request = AccessRequest(action, resource, keys, account)
        decision = evaluate(request, principal, resource_policies, policies=sets, explain=True)
        results.append(_told(action, resource, decision, sets))
    return {"EvaluationResults": results, **more}


def _told(action: str, resource: str, decision: Decision, sets: PolicySets) -> dict[str, Any]:
    verdict = "explicitDeny" if decision.explicit_deny else "implicitDeny"
    told: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": "allowed" if decision.allowed else verdict,
        "MatchedStatements": [_statement(each) for each in decision.matched],
        "MissingContextValues": list(decision.missing),
    }
    if sets.boundary is not None:
        within = decision.allowed or decision.kind != "boundary"
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
    return told


def _statement(matched: Matched) -> dict[str, Any]:
    name = matched.policy
    if matched.kind == "resource":
        kind = "resource"
    elif name.startswith("arn:aws:iam::aws:"):
        kind = "aws-managed"
    elif name.startswith("arn:"):
        kind = "user-managed"
    else:
        kind = "none" if name.startswith(INPUT) else "user"
    return {"SourcePolicyId": name, "SourcePolicyType": kind}


def keys_in(policies: Iterable[Policy]) -> list[str]:
    """The condition keys that policies ask for, variables among them."""
    found: dict[str, None] = {}
    for policy in policies:
        statements = policy.document["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            for tests in statement.get("Condition", {}).values():
                found.update(dict.fromkeys(tests))
            found.update(dict.fromkeys(_variables(json.dumps(statement))))
    return list(found)


def _variables(text: str) -> list[str]:
    names = [part.partition("}")[0].partition(",")[0].strip() for part in text.split("${")[1:]]
    return [name for name in names if ":" in name]
