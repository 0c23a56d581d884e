"""GetTables, in order of their names; Expression is a regular expression of those wanted."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.attributes import only
from jedlik.services.glue.patterns import pattern
from jedlik.services.glue.requests import catalog_of, page, table_arns
from jedlik.services.glue.store import shown


@operation("glue", "GetTables", access="list", resource=table_arns)
async def get_tables(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await catalog_of(ctx, req).tables(req["DatabaseName"])
    if req.get("Expression"):
        wanted = pattern(req["Expression"])
        found = [each for each in found if wanted.fullmatch(each["Name"])]
    part, token = page(found, req)
    told = only([shown(each) for each in part], req.get("AttributesToGet"))
    return {"TableList": told, **token}
