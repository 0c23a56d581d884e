"""ListExports: of the last 90 days, in the reverse order of their ARNs."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.transfer_descriptions import PAGE_MAX, listed


@operation("dynamodb", "ListExports", access="list")
async def list_exports(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    page, token = await listed(
        ctx,
        "export",
        table=req.get("TableArn"),
        token=req.get("NextToken"),
        limit=req.get("MaxResults", PAGE_MAX),
    )
    answer: dict[str, Any] = {
        "ExportSummaries": [
            {
                "ExportArn": each.arn,
                "ExportStatus": each.status,
                "ExportType": each.request.get("ExportType", "FULL_EXPORT"),
            }
            for each in page
        ]
    }
    return answer | ({"NextToken": token} if token else {})
