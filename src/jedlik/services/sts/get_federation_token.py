"""GetFederationToken: a part of a user's permissions, under another name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.sts.errors import only_long_term
from jedlik.services.sts.requests import issue, narrowing

DEFAULT_S = 43_200
ROOT_S_MAX = 3600


class _Asks:
    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        arn = f"arn:aws:sts::{ctx.account}:federated-user/{req['Name']}"
        asked = [Ask("sts:GetFederationToken", arn)]
        return [*asked, Ask("sts:TagSession", arn)] if req.get("Tags") else asked

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return self.asks(ctx, req)


@operation("sts", "GetFederationToken", access="write", permissions=_Asks())
async def get_federation_token(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    principal = ctx.principal
    if principal is not None and principal.temporary:
        raise only_long_term("GetFederationToken")
    name, lasts_s = req["Name"], req.get("DurationSeconds", DEFAULT_S)
    asked = narrowing(ctx, req, ctx.account)
    if principal is None or principal.kind == "root":
        issuer, issuer_id, lasts_s = "", "", min(lasts_s, ROOT_S_MAX)
    else:
        issuer, issuer_id = principal.name, principal.id
    _, told = issue(
        ctx,
        "federated-user",
        asked,
        lasts_s=lasts_s,
        account=ctx.account,
        name=issuer,
        id=issuer_id,
        session_name=name,
    )
    arn = f"arn:aws:sts::{ctx.account}:federated-user/{name}"
    return {**told, "FederatedUser": {"FederatedUserId": f"{ctx.account}:{name}", "Arn": arn}}
