"""GetQueryResults: what a query found, a page at a time; nothing as long as it runs."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid_token
from jedlik.services.logs.insight_queries import PAGE_ROWS, Queries, Query
from jedlik.services.logs.requests import from_token, place_in, to_token


@operation("logs", "GetQueryResults", access="read")
async def get_query_results(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    queries = Queries(ctx.db, ctx.account, ctx.region)
    query = await queries.get(req["queryId"])
    first = _place(req["nextToken"], query) if "nextToken" in req else 0
    rows: list[Any] = []
    if query.status == "Complete" and first < query.rows:
        number, at = divmod(first, PAGE_ROWS)
        page = orjson.loads(await queries.page(query.id, number))
        rows = page[at : at + (req.get("maxItems") or PAGE_ROWS)]
    answer: dict[str, Any] = {
        "queryLanguage": "CWLI",
        "results": rows,
        "statistics": {
            "recordsMatched": float(query.matched),
            "recordsScanned": float(query.scanned),
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(query.scanned_bytes),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": float(len(query.groups)),
        },
        "status": query.status,
    }
    if first + len(rows) < query.rows:
        answer["nextToken"] = to_token(f"{query.id}|{first + len(rows)}")
    return answer


def _place(token: str, query: Query) -> int:
    query_id, _, place = from_token(token).rpartition("|")
    if query_id != query.id:
        raise invalid_token()
    return place_in(place)
