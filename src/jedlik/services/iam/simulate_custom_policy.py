"""SimulateCustomPolicy: what policies would say that are attached to nobody."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import PolicySets, Principal
from jedlik.services.iam import permissions
from jedlik.services.iam.permissions import on
from jedlik.services.iam.simulation import input_policies, principal_of, simulate


@operation(
    "iam",
    "SimulateCustomPolicy",
    access="read",
    permissions=on("SimulateCustomPolicy", permissions.everything),
)
async def simulate_custom_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if "CallerArn" in req:
        principal, _ = principal_of(ctx, req["CallerArn"])
    else:
        principal = Principal(ctx.account, f"arn:aws:iam::{ctx.account}:user/simulated", "user")
    boundaries = input_policies(req.get("PermissionsBoundaryPolicyInputList", ()), "Boundary")
    sets = PolicySets(input_policies(req["PolicyInputList"]), boundaries[0] if boundaries else None)
    return simulate(ctx, req, principal, sets)
