"""DeleteDatabase, with its tables."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, database_arns


@operation("glue", "DeleteDatabase", access="write", resource=database_arns)
async def delete_database(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await catalog_of(ctx, req).delete_database(req["Name"])
    return {}
