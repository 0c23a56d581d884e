"""RemoveClientIDFromOpenIDConnectProvider: one that is not there is no mistake."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "RemoveClientIDFromOpenIDConnectProvider",
    access="write",
    permissions=on("RemoveClientIDFromOpenIDConnectProvider", permissions.oidc),
)
async def remove_client_id_from_oidc_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def remove(draft: Draft) -> None:
        found = lookups.oidc_provider(draft, req["OpenIDConnectProviderArn"])
        ids = tuple(each for each in found.client_ids if each != req["ClientID"])
        draft.put(replace(found, client_ids=ids))

    await change(ctx, remove)
    return {}
