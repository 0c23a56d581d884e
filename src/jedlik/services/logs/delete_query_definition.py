"""DeleteQueryDefinition."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import no_definition
from jedlik.services.logs.insight_queries import Definition, Queries


@operation("logs", "DeleteQueryDefinition", access="write")
async def delete_query_definition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def gone(old: Definition | None) -> None:
        if old is None:
            raise no_definition()

    queries = Queries(ctx.db, ctx.account, ctx.region)
    await queries.change_definition(req["queryDefinitionId"], gone)
    return {"success": True}
