"""GetDatabase of the data catalog."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import catalog_arns, catalog_of


@operation("athena", "GetDatabase", access="read", resource=catalog_arns)
async def get_database(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, {"CatalogName": req["CatalogName"]})
    return {"Database": descriptions.database(await catalog.database(req["DatabaseName"]))}
