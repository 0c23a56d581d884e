"""GetDataCatalog."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import DATA_CATALOG, catalog_arns, catalog_of


@operation("athena", "GetDataCatalog", access="read", resource=catalog_arns)
async def get_data_catalog(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog_of(ctx, {"CatalogName": req["Name"]})
    shown = {
        "Name": DATA_CATALOG,
        "Type": "GLUE",
        "Parameters": {"catalog-id": ctx.account},
        "Status": "CREATE_COMPLETE",
    }
    return {"DataCatalog": shown}
