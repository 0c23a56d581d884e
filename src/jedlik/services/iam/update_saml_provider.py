"""UpdateSAMLProvider: another metadata document."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on
from jedlik.services.iam.providers import checked_metadata, valid_until


@operation(
    "iam",
    "UpdateSAMLProvider",
    access="write",
    permissions=on("UpdateSAMLProvider", permissions.saml),
)
async def update_saml_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    text = req.get("SAMLMetadataDocument")
    metadata = None if text is None else checked_metadata(text)

    def update(draft: Draft) -> None:
        found = lookups.saml_provider(draft, req["SAMLProviderArn"])
        if metadata is not None:
            draft.put(replace(found, metadata=metadata, valid_until=valid_until(metadata)))

    await change(ctx, update)
    return {"SAMLProviderArn": req["SAMLProviderArn"]}
