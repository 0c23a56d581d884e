"""DeleteNamedQuery."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import errors
from jedlik.services.athena.requests import AsksByRecord, store_of


@operation(
    "athena",
    "DeleteNamedQuery",
    access="write",
    permissions=AsksByRecord("DeleteNamedQuery", named=True),
)
async def delete_named_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if not await store_of(ctx).delete("named", req["NamedQueryId"]):
        raise errors.no_named_query(req["NamedQueryId"])
    return {}
