"""DeleteSAMLProvider."""

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
    "DeleteSAMLProvider",
    access="write",
    permissions=on("DeleteSAMLProvider", permissions.saml),
)
async def delete_saml_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(draft: Draft) -> None:
        draft.delete(lookups.saml_provider(draft, req["SAMLProviderArn"]))

    await change(ctx, delete)
    return {}
