"""GetSessionToken: temporary credentials with the caller's own permissions."""

from __future__ import annotations

from typing import Any

from jedlik.api.access import FREE
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.sts.errors import no_such_mfa, only_long_term
from jedlik.services.sts.requests import Narrowing, issue

DEFAULT_S = 43_200
ROOT_S_MAX = 3600


@operation("sts", "GetSessionToken", access="write", permissions=FREE)
async def get_session_token(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    principal = ctx.principal
    if principal is not None and principal.temporary:
        raise only_long_term("GetSessionToken")
    if "SerialNumber" in req or "TokenCode" in req:
        raise no_such_mfa()
    lasts_s = req.get("DurationSeconds", DEFAULT_S)
    nothing = Narrowing((), (), {}, ())
    if principal is None or principal.kind == "root":
        _, told = issue(ctx, "root", nothing, lasts_s=min(lasts_s, ROOT_S_MAX), account=ctx.account)
    else:
        _, told = issue(
            ctx,
            "user",
            nothing,
            lasts_s=lasts_s,
            account=principal.account,
            name=principal.name,
            id=principal.id,
        )
    return told
