"""SimulatePrincipalPolicy: what the policies of a user, group or role would say."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import PolicySets
from jedlik.services.iam import permissions
from jedlik.services.iam.permissions import on
from jedlik.services.iam.simulation import input_policies, principal_of, simulate


@operation(
    "iam",
    "SimulatePrincipalPolicy",
    access="read",
    permissions=on("SimulatePrincipalPolicy", permissions.source),
)
async def simulate_principal_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    principal, found = principal_of(ctx, req["PolicySourceArn"])
    boundaries = input_policies(req.get("PermissionsBoundaryPolicyInputList", ()), "Boundary")
    sets = PolicySets(
        (*found.identity, *input_policies(req.get("PolicyInputList", ()))),
        boundaries[0] if boundaries else found.boundary,
    )
    return simulate(ctx, req, principal, sets)
