"""GetOpenIDConnectProvider."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "GetOpenIDConnectProvider",
    access="read",
    permissions=on("GetOpenIDConnectProvider", permissions.oidc),
)
async def get_oidc_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.oidc_provider(names(ctx), req["OpenIDConnectProviderArn"])
    return {
        "Url": found.url,
        "ClientIDList": list(found.client_ids),
        "ThumbprintList": list(found.thumbprints),
        "CreateDate": found.created_at,
        "Tags": tags.told(found.tags),
    }
