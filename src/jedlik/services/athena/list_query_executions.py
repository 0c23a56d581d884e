"""ListQueryExecutions of a work group, the newest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.records import PRIMARY
from jedlik.services.athena.requests import (
    from_token,
    page_size,
    store_of,
    to_token,
    work_group_arns,
)


@operation("athena", "ListQueryExecutions", access="list", resource=work_group_arns)
async def list_query_executions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    group = await store.work_group(req.get("WorkGroup", PRIMARY))
    before = from_token(req["NextToken"]) if req.get("NextToken") else None
    ids, rest = await store.listed(group.name, before=before, limit=page_size(req, 50))
    token = {} if rest is None else {"NextToken": to_token(rest)}
    return {"QueryExecutionIds": ids, **token}
