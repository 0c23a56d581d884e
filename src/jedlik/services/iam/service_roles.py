"""Service-linked roles: which services have one here, and what it is called.

Source: the services' guides, "Using service-linked roles".
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from jedlik.api.access import Ask, Given
from jedlik.api.context import Context
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import new_id
from jedlik.identity.records import Role
from jedlik.services.iam.errors import invalid_input
from jedlik.services.iam.lookups import SERVICE_PATH

_POLICY = "arn:aws:iam::aws:policy/aws-service-role/"


class ServiceRole(NamedTuple):
    """policy: the name of the managed policy that the role has."""

    role: str
    policy: str


SERVICE_ROLES = {
    "contributorinsights.dynamodb.amazonaws.com": ServiceRole(
        "AWSServiceRoleForDynamoDBCloudWatchContributorInsights",
        "DynamoDBCloudWatchContributorInsightsServiceRolePolicy",
    ),
    "dax.amazonaws.com": ServiceRole("AWSServiceRoleForDAX", "DAXServiceRolePolicy"),
    "dynamodb.application-autoscaling.amazonaws.com": ServiceRole(
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        "AWSApplicationAutoscalingDynamoDBTablePolicy",
    ),
    "kinesisreplication.dynamodb.amazonaws.com": ServiceRole(
        "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication",
        "DynamoDBKinesisReplicationServiceRolePolicy",
    ),
    "ops.apigateway.amazonaws.com": ServiceRole(
        "AWSServiceRoleForAPIGateway", "APIGatewayServiceRolePolicy"
    ),
    "replication.dynamodb.amazonaws.com": ServiceRole(
        "AWSServiceRoleForDynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"
    ),
}


def service_role_arn(account: str, service: str) -> str:
    """The role of a service that has one."""
    return f"arn:aws:iam::{account}:role{SERVICE_PATH}{service}/{SERVICE_ROLES[service].role}"


def asks_for_service_role(ctx: Context, service: str) -> list[Ask]:
    """What whoever makes a service need its role must be allowed while the account has none."""
    if _known_role(ctx, service) is not None:
        return []
    keys = Given({"iam:AWSServiceName": service})
    return [Ask("iam:CreateServiceLinkedRole", service_role_arn(ctx.account, service), keys)]


async def ensure_service_role(ctx: Context, service: str) -> None:
    """Make the role of a service for the caller's account, if there is none yet."""
    if Directory not in ctx.db.beside or _known_role(ctx, service) is not None:
        return
    new = new_service_role(ctx, {"AWSServiceName": service})

    def create(draft: Draft) -> None:
        if draft.get(Role, new.name) is None:
            draft.put(new)

    await Directory.of(ctx).change(ctx.account, create)


def _known_role(ctx: Context, service: str) -> Role | None:
    return Directory.of(ctx).get(Role, ctx.account, SERVICE_ROLES[service].role)


def new_service_role(ctx: Context, req: dict[str, Any]) -> Role:
    """The role that CreateServiceLinkedRole makes. Raises InvalidInput."""
    service = req["AWSServiceName"]
    known = SERVICE_ROLES.get(service)
    if known is None:
        raise invalid_input(f"Service-linked roles are not supported for {service}")  # unverified
    if "CustomSuffix" in req:
        raise invalid_input(f"Custom suffix is not allowed for {service}")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        ],
    }
    return Role(
        name=known.role,
        id=new_id("AROA", Directory.of(ctx).random),
        account=ctx.account,
        path=f"{SERVICE_PATH}{service}/",
        created_at=float(int(ctx.now)),
        trust=json.dumps(trust),
        description=req.get("Description", ""),
        attached=(_POLICY + known.policy,),
    )
