"""ListDatabases of the data catalog."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import catalog_arns, catalog_of, page


@operation("athena", "ListDatabases", access="list", resource=catalog_arns)
async def list_databases(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await catalog_of(ctx, {"CatalogName": req["CatalogName"]}).databases()
    part, token = page(found, req, 50)
    told = [descriptions.database(each) for each in part]
    return {"DatabaseList": descriptions.only(told, req.get("AttributesToGet")), **token}
