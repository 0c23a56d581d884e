"""ListTables: names in order, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.limits import LIST_TABLES_MAX
from jedlik.services.dynamodb.permissions import on_table


@operation("dynamodb", "ListTables", access="list", permissions=on_table("ListTables"))
async def list_tables(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    limit = req.get("Limit", LIST_TABLES_MAX)
    names = await ctx.db.catalog.names(
        ctx.account,
        ctx.region,
        after=req.get("ExclusiveStartTableName"),
        limit=limit + 1,
    )
    shown: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        shown["LastEvaluatedTableName"] = names[limit - 1]
    return shown
