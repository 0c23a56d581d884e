"""ListOpenIDConnectProviders."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import OidcProvider
from jedlik.services.iam import permissions
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListOpenIDConnectProviders",
    access="list",
    permissions=on("ListOpenIDConnectProviders", permissions.everything),
)
async def list_oidc_providers(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {
        "OpenIDConnectProviderList": [{"Arn": each.arn} for each in names(ctx).all(OidcProvider)]
    }
