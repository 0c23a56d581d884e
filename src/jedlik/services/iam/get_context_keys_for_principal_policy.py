"""GetContextKeysForPrincipalPolicy: the condition keys that the policies of somebody ask for."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import permissions
from jedlik.services.iam.permissions import on
from jedlik.services.iam.simulation import input_policies, keys_in, principal_of


@operation(
    "iam",
    "GetContextKeysForPrincipalPolicy",
    access="read",
    permissions=on("GetContextKeysForPrincipalPolicy", permissions.source),
)
async def get_context_keys_for_principal_policy(
    ctx: Context, req: dict[str, Any]
) -> dict[str, Any]:
    _, found = principal_of(ctx, req["PolicySourceArn"])
    given = input_policies(req.get("PolicyInputList", ()))
    return {"ContextKeyNames": keys_in((*found.identity, *given))}
