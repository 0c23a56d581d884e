"""GetSAMLProvider."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on


@operation(
    "iam", "GetSAMLProvider", access="read", permissions=on("GetSAMLProvider", permissions.saml)
)
async def get_saml_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = lookups.saml_provider(names(ctx), req["SAMLProviderArn"])
    return {
        "SAMLProviderUUID": found.id,
        "SAMLMetadataDocument": found.metadata,
        "CreateDate": found.created_at,
        "ValidUntil": found.valid_until,
        "Tags": tags.told(found.tags),
    }
