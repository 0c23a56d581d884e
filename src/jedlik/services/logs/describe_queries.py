"""DescribeQueries: those of the last seven days, the youngest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.insight_queries import Queries, Query
from jedlik.services.logs.requests import group_arns, page

PAGE = 1000


@operation("logs", "DescribeQueries", access="list", resource=group_arns)
async def describe_queries(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wanted, status = req.get("logGroupName"), req.get("status")
    found = [
        each
        for each in await Queries(ctx.db, ctx.account, ctx.region).all()
        if (wanted is None or wanted in each.groups)
        and status in (None, each.status)
        and req.get("queryLanguage", "CWLI") == "CWLI"
    ]
    shown, token = page(found, {**req, "limit": req.get("maxResults", PAGE)})
    now_ms = int(ctx.now * 1000)
    return {"queries": [_described(each, now_ms) for each in shown], **token}


def _described(query: Query, now_ms: int) -> dict[str, Any]:
    end_ms = now_ms if query.ended_ms is None else query.ended_ms
    shown = {
        "queryLanguage": "CWLI",
        "queryId": query.id,
        "queryString": query.text,
        "status": query.status,
        "createTime": query.created_ms,
        "logGroupName": query.groups[0],
        "queryDuration": max(end_ms - query.created_ms, 0),
        "bytesScanned": float(query.scanned_bytes),
    }
    return {**shown, "userIdentity": query.who} if query.who else shown
