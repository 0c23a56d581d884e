"""SearchTables, by text in their names."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_arns, catalog_of, page
from jedlik.services.glue.store import shown


@operation("glue", "SearchTables", access="list", resource=catalog_arns)
async def search_tables(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    text = req.get("SearchText", "").strip('"').lower()
    wanted = {each.get("Key"): each.get("Value", "") for each in req.get("Filters", ())}
    found = []
    for database in await catalog.databases():
        if wanted.get("DatabaseName", database["Name"]) != database["Name"]:
            continue
        found += [
            each
            for each in await catalog.tables(database["Name"])
            if text in each["Name"] and wanted.get("Name", each["Name"]) in each["Name"]
        ]
    for criterion in reversed(req.get("SortCriteria", ())):
        field = criterion.get("FieldName", "Name")
        found.sort(
            key=lambda each: str(each.get(field, "")),
            reverse=criterion.get("Sort") == "DESC",
        )
    part, token = page(found, req)
    return {"TableList": [shown(each) for each in part], **token}
