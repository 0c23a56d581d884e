"""ListTableMetadata, all or those whose names an expression matches."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import catalog_arns, catalog_of, page
from jedlik.services.athena.showing import hive_pattern


@operation("athena", "ListTableMetadata", access="list", resource=catalog_arns)
async def list_table_metadata(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, {"CatalogName": req["CatalogName"]})
    found = await catalog.tables(req["DatabaseName"])
    if req.get("Expression"):
        wanted = hive_pattern(req["Expression"])
        found = [each for each in found if wanted.fullmatch(each["Name"])]
    part, token = page(found, req, 50)
    told = [descriptions.table(each) for each in part]
    return {"TableMetadataList": descriptions.only(told, req.get("AttributesToGet")), **token}
