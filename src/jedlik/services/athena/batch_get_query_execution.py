"""BatchGetQueryExecution: the answer tells which were not there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import AsksByRecord, store_of


@operation(
    "athena",
    "BatchGetQueryExecution",
    access="read",
    permissions=AsksByRecord("BatchGetQueryExecution"),
)
async def batch_get_query_execution(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    found, missing = [], []
    for each in req["QueryExecutionIds"]:
        try:
            found.append(descriptions.execution(await store.execution(each)))
        except ApiError as refusal:
            missing.append(
                {
                    "QueryExecutionId": each,
                    "ErrorCode": refusal.code,
                    "ErrorMessage": refusal.message,
                }
            )
    return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}
