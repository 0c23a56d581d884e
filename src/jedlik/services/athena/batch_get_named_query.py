"""BatchGetNamedQuery: the answer tells which were not there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import AsksByRecord, store_of


@operation(
    "athena",
    "BatchGetNamedQuery",
    access="read",
    permissions=AsksByRecord("BatchGetNamedQuery", named=True),
)
async def batch_get_named_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    found, missing = [], []
    for each in req["NamedQueryIds"]:
        try:
            found.append(descriptions.named_query(await store.named_query(each)))
        except ApiError as refusal:
            missing.append(
                {"NamedQueryId": each, "ErrorCode": refusal.code, "ErrorMessage": refusal.message}
            )
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}
