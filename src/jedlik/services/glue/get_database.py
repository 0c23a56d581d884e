"""GetDatabase."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, database_arns
from jedlik.services.glue.store import shown


@operation("glue", "GetDatabase", access="read", resource=database_arns)
async def get_database(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await catalog_of(ctx, req).database(req["Name"])
    return {"Database": {**shown(found), "CatalogId": ctx.account}}
