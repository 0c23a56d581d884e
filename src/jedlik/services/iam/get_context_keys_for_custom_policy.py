"""GetContextKeysForCustomPolicy: the condition keys that policies ask for."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import permissions
from jedlik.services.iam.permissions import on
from jedlik.services.iam.simulation import input_policies, keys_in


@operation(
    "iam",
    "GetContextKeysForCustomPolicy",
    access="read",
    permissions=on("GetContextKeysForCustomPolicy", permissions.everything),
)
async def get_context_keys_for_custom_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {"ContextKeyNames": keys_in(input_policies(req["PolicyInputList"]))}
