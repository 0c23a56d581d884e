"""PutQueryDefinition: keep a query under a name, or change one that is kept."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import limit_exceeded, no_definition
from jedlik.services.logs.insight_queries import Definition, Queries, new_id
from jedlik.services.logs.requests import check_language

DEFINITIONS_MAX = 1000
"""Of an account and region (user guide, quotas)."""


@operation("logs", "PutQueryDefinition", access="write")
async def put_query_definition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Its query is kept as it is, readable or not."""
    check_language(req)
    queries = Queries(ctx.db, ctx.account, ctx.region)
    wanted = req.get("queryDefinitionId")
    if wanted is None and len(await queries.definitions()) >= DEFINITIONS_MAX:
        raise limit_exceeded()
    definition_id = new_id() if wanted is None else wanted

    def changed(old: Definition | None) -> Definition:
        if old is None and wanted is not None:
            raise no_definition()
        groups, parameters = req.get("logGroupNames"), req.get("parameters")
        return Definition(
            id=definition_id,
            name=req["name"],
            text=req["queryString"],
            changed_ms=int(ctx.now * 1000),
            groups=None if groups is None else tuple(groups),
            parameters=None if parameters is None else tuple(parameters),
        )

    await queries.change_definition(definition_id, changed)
    return {"queryDefinitionId": definition_id}
