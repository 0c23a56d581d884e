"""AddClientIDToOpenIDConnectProvider: one more audience."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on
from jedlik.services.iam.providers import checked_client_ids


@operation(
    "iam",
    "AddClientIDToOpenIDConnectProvider",
    access="write",
    permissions=on("AddClientIDToOpenIDConnectProvider", permissions.oidc),
)
async def add_client_id_to_oidc_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def add(draft: Draft) -> None:
        found = lookups.oidc_provider(draft, req["OpenIDConnectProviderArn"])
        if req["ClientID"] not in found.client_ids:
            ids = checked_client_ids((*found.client_ids, req["ClientID"]))
            draft.put(replace(found, client_ids=ids))

    await change(ctx, add)
    return {}
