"""CreateSAMLProvider: kept and shown; AssumeRoleWithSAML is not there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Directory, Draft
from jedlik.identity.key_ids import new_id
from jedlik.identity.records import SamlProvider
from jedlik.services.iam import limits, permissions, tags
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import exists, quota
from jedlik.services.iam.permissions import on
from jedlik.services.iam.providers import checked_metadata, valid_until


@operation(
    "iam",
    "CreateSAMLProvider",
    access="write",
    permissions=on("CreateSAMLProvider", permissions.saml),
)
async def create_saml_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    metadata = checked_metadata(req["SAMLMetadataDocument"])
    new = SamlProvider(
        name=req["Name"],
        id=new_id("ASAP", Directory.of(ctx).random),
        account=ctx.account,
        metadata=metadata,
        created_at=float(int(ctx.now)),
        valid_until=valid_until(metadata),
        tags=tags.given(req.get("Tags")),
    )

    def create(draft: Draft) -> None:
        if draft.get(SamlProvider, new.name) is not None:
            raise exists(f"SAMLProvider {new.name} already exists.")  # unverified
        if len(draft.all(SamlProvider)) >= limits.SAML_PROVIDERS:
            raise quota("SAMLProvidersPerAccount", limits.SAML_PROVIDERS)
        draft.put(new)

    await change(ctx, create)
    told = {"Tags": tags.told(new.tags)} if new.tags else {}
    return {"SAMLProviderArn": new.arn, **told}
