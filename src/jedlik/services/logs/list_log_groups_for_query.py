"""ListLogGroupsForQuery: the groups that a query is of."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.insight_queries import Queries
from jedlik.services.logs.requests import page


@operation("logs", "ListLogGroupsForQuery", access="list")
async def list_log_groups_for_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    query = await Queries(ctx.db, ctx.account, ctx.region).get(req["queryId"])
    shown, token = page(query.groups, {**req, "limit": req.get("maxResults", 500)})
    return {"logGroupIdentifiers": list(shown), **token}
