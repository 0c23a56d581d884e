"""StopQuery: end a query that runs, or waits to."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.insight_queries import OVER, Queries


@operation("logs", "StopQuery", access="write")
async def stop_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    queries = Queries(ctx.db, ctx.account, ctx.region)
    query = await queries.get(req["queryId"])
    if query.status in OVER:  # the API reference has no other error; unverified text
        raise invalid(f"The query has ended already, with status {query.status}.")
    now_ms = int(ctx.now * 1000)
    await queries.change(
        query.id, lambda now: msgspec.structs.replace(now, status="Cancelled", ended_ms=now_ms)
    )
    return {"success": True}
