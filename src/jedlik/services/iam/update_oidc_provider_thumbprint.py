"""UpdateOpenIDConnectProviderThumbprint: instead of those that there were."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on
from jedlik.services.iam.providers import checked_thumbprints


@operation(
    "iam",
    "UpdateOpenIDConnectProviderThumbprint",
    access="write",
    permissions=on("UpdateOpenIDConnectProviderThumbprint", permissions.oidc),
)
async def update_oidc_provider_thumbprint(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def update(draft: Draft) -> None:
        found = lookups.oidc_provider(draft, req["OpenIDConnectProviderArn"])
        draft.put(replace(found, thumbprints=checked_thumbprints(req["ThumbprintList"])))

    await change(ctx, update)
    return {}
