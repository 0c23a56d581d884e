"""GetNamedQuery."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import AsksByRecord, store_of


@operation(
    "athena", "GetNamedQuery", access="read", permissions=AsksByRecord("GetNamedQuery", named=True)
)
async def get_named_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await store_of(ctx).named_query(req["NamedQueryId"])
    return {"NamedQuery": descriptions.named_query(found)}
