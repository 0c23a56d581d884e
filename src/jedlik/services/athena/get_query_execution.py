"""GetQueryExecution."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import AsksByRecord, store_of


@operation(
    "athena", "GetQueryExecution", access="read", permissions=AsksByRecord("GetQueryExecution")
)
async def get_query_execution(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await store_of(ctx).execution(req["QueryExecutionId"])
    return {"QueryExecution": descriptions.execution(found)}
