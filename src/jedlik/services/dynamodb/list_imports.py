"""ListImports: of the last 90 days, newest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.transfer_descriptions import PAGE_MAX, import_summary, listed


@operation("dynamodb", "ListImports", access="list")
async def list_imports(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    page, token = await listed(
        ctx,
        "import",
        table=req.get("TableArn"),
        token=req.get("NextToken"),
        limit=req.get("PageSize", PAGE_MAX),
    )
    answer: dict[str, Any] = {"ImportSummaryList": [import_summary(each) for each in page]}
    return answer | ({"NextToken": token} if token else {})
