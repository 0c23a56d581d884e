"""GetCallerIdentity: who signed. Needs no permission."""

from __future__ import annotations

from typing import Any

from jedlik.api.access import FREE
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.sts.requests import caller


@operation("sts", "GetCallerIdentity", access="read", permissions=FREE)
async def get_caller_identity(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn, user_id = caller(ctx)
    return {"UserId": user_id, "Account": ctx.account, "Arn": arn}
