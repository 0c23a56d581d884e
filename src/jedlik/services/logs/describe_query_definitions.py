"""DescribeQueryDefinitions: those whose names begin so, in order of their names."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.insight_queries import Definition, Queries
from jedlik.services.logs.requests import page

PAGE = 1000


@operation("logs", "DescribeQueryDefinitions", access="list")
async def describe_query_definitions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    queries = Queries(ctx.db, ctx.account, ctx.region)
    found = await queries.definitions(req.get("queryDefinitionNamePrefix", ""))
    shown, token = page(found, {**req, "limit": req.get("maxResults", PAGE)})
    return {"queryDefinitions": [_described(each) for each in shown], **token}


def _described(definition: Definition) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "queryLanguage": "CWLI",
        "queryDefinitionId": definition.id,
        "name": definition.name,
        "queryString": definition.text,
        "lastModified": definition.changed_ms,
    }
    if definition.groups is not None:
        shown["logGroupNames"] = list(definition.groups)
    if definition.parameters is not None:
        shown["parameters"] = list(definition.parameters)
    return shown
