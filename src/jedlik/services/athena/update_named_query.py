"""UpdateNamedQuery."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import AsksByRecord, store_of


@operation(
    "athena",
    "UpdateNamedQuery",
    access="write",
    permissions=AsksByRecord("UpdateNamedQuery", named=True),
)
async def update_named_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    old = await store.named_query(req["NamedQueryId"])
    new = msgspec.structs.replace(
        old,
        name=req["Name"],
        query=req["QueryString"],
        description=req.get("Description", old.description),
    )
    await store.put_named_query(new)
    return {}
