"""GetTableVersion: a table as it was; without a version, as it is."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import NotThere
from jedlik.services.glue.table_versions import described


@operation("glue", "GetTableVersion", access="read", resource=table_arns)
async def get_table_version(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await catalog_of(ctx, req).versions(req["DatabaseName"], req["TableName"])
    wanted: str = req.get("VersionId") or found[0]["VersionId"]
    for each in found:
        if each["VersionId"] == wanted:
            return {"TableVersion": described(each)}
    raise NotThere("TableVersion", wanted)
