"""ListBulkOperations: of the last 90 days, newest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.transfer_descriptions import bulk_summary, listed

PAGE = 10


@operation("dynamodb", "ListBulkOperations", access="list")
async def list_bulk_operations(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    page, token = await listed(
        ctx,
        "bulk",
        table=None,
        token=req.get("NextToken"),
        limit=req.get("MaxResults", PAGE),
    )
    answer: dict[str, Any] = {"BulkOperationsSummaryList": [bulk_summary(each) for each in page]}
    return answer | ({"NextToken": token} if token else {})
