"""DeleteOpenIDConnectProvider."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "DeleteOpenIDConnectProvider",
    access="write",
    permissions=on("DeleteOpenIDConnectProvider", permissions.oidc),
)
async def delete_oidc_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn = req["OpenIDConnectProviderArn"]

    def delete(draft: Draft) -> None:
        draft.delete(lookups.oidc_provider(draft, arn))

    await change(ctx, delete)
    return {}
