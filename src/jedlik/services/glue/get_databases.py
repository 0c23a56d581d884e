"""GetDatabases, in order of their names."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.attributes import only
from jedlik.services.glue.requests import catalog_of, database_arns, page
from jedlik.services.glue.store import shown


@operation("glue", "GetDatabases", access="list", resource=database_arns)
async def get_databases(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await catalog_of(ctx, req).databases()
    part, token = page(found, req)
    told = [{**shown(each), "CatalogId": ctx.account} for each in part]
    return {"DatabaseList": only(told, req.get("AttributesToGet")), **token}
