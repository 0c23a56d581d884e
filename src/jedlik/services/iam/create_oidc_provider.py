"""CreateOpenIDConnectProvider: whose tokens AssumeRoleWithWebIdentity accepts."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.identity.records import OidcProvider
from jedlik.services.iam import limits, permissions, tags
from jedlik.services.iam.changing import change
from jedlik.services.iam.errors import exists, quota
from jedlik.services.iam.permissions import on
from jedlik.services.iam.providers import checked_client_ids, checked_thumbprints, checked_url


@operation(
    "iam",
    "CreateOpenIDConnectProvider",
    access="write",
    permissions=on("CreateOpenIDConnectProvider", permissions.oidc),
)
async def create_oidc_provider(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    scheme, url = checked_url(req["Url"])
    new = OidcProvider(
        url=url,
        account=ctx.account,
        scheme=scheme,
        client_ids=checked_client_ids(req.get("ClientIDList", ())),
        thumbprints=checked_thumbprints(req.get("ThumbprintList", ())),
        created_at=float(int(ctx.now)),
        tags=tags.given(req.get("Tags")),
    )

    def create(draft: Draft) -> None:
        if draft.get(OidcProvider, url) is not None:
            raise exists(f"Provider with url {req['Url']} already exists.")
        if len(draft.all(OidcProvider)) >= limits.OIDC_PROVIDERS:
            raise quota("OpenIdConnectProvidersPerAccount", limits.OIDC_PROVIDERS)
        draft.put(new)

    await change(ctx, create)
    told = {"Tags": tags.told(new.tags)} if new.tags else {}
    return {"OpenIDConnectProviderArn": new.arn, **told}
