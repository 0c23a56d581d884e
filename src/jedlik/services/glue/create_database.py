"""CreateDatabase."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, database_arns


@operation("glue", "CreateDatabase", access="write", resource=database_arns)
async def create_database(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await catalog_of(ctx, req).add_database(req["DatabaseInput"])
    return {}
