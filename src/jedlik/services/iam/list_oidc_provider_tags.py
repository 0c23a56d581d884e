"""ListOpenIDConnectProviderTags."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListOpenIDConnectProviderTags",
    access="list",
    permissions=on("ListOpenIDConnectProviderTags", permissions.oidc),
)
async def list_oidc_provider_tags(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return tags.tag_page(
        req, lookups.oidc_provider(names(ctx), req["OpenIDConnectProviderArn"]).tags
    )
