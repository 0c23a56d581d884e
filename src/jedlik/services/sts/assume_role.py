"""AssumeRole: a session with a role's permissions, for whom its trust policy lets in."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.sts.errors import may_not_assume, no_such_mfa, root_may_not_assume
from jedlik.services.sts.requests import (
    caller,
    duration_s,
    issue_for_role,
    narrowing,
    role_of,
    with_inherited,
)
from jedlik.services.sts.trust import AssumeRoleAsks


@operation("sts", "AssumeRole", access="write", permissions=AssumeRoleAsks())
async def assume_role(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    principal = ctx.principal
    role = role_of(ctx, req["RoleArn"])
    if role is None:
        raise may_not_assume(caller(ctx)[0], req["RoleArn"])
    if principal is not None and principal.kind == "root":
        raise root_may_not_assume()
    if "SerialNumber" in req or "TokenCode" in req:
        raise no_such_mfa()
    chained = principal is not None and principal.kind == "assumed-role"
    lasts_s = duration_s(req, role, chained=chained)
    asked = with_inherited(narrowing(ctx, req, role.account), principal)
    context = {}
    source = req.get("SourceIdentity") or (
        principal.context.get("aws:SourceIdentity") if principal is not None else None
    )
    if source:
        context["aws:SourceIdentity"] = source
    told = issue_for_role(
        ctx, role, asked, lasts_s=lasts_s, session_name=req["RoleSessionName"], context=context
    )
    if source:
        told["SourceIdentity"] = source
    return told
