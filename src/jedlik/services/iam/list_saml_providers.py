"""ListSAMLProviders."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.records import SamlProvider
from jedlik.services.iam import permissions
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam",
    "ListSAMLProviders",
    access="list",
    permissions=on("ListSAMLProviders", permissions.everything),
)
async def list_saml_providers(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    told = [
        {"Arn": each.arn, "CreateDate": each.created_at, "ValidUntil": each.valid_until}
        for each in names(ctx).all(SamlProvider)
    ]
    return {"SAMLProviderList": told}
