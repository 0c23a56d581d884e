"""GetAccountSummary: how much there is, and how much there may be."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.iam import permissions
from jedlik.services.iam.lookups import names
from jedlik.services.iam.permissions import on
from jedlik.services.iam.summary import summary


@operation(
    "iam",
    "GetAccountSummary",
    access="read",
    permissions=on("GetAccountSummary", permissions.everything),
)
async def get_account_summary(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {"SummaryMap": summary(names(ctx))}
