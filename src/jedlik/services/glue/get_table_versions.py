"""GetTableVersions: a table as it is and was, the newest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, page, table_arns
from jedlik.services.glue.table_versions import described


@operation("glue", "GetTableVersions", access="list", resource=table_arns)
async def get_table_versions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await catalog_of(ctx, req).versions(req["DatabaseName"], req["TableName"])
    part, token = page(found, req)
    return {"TableVersions": [described(each) for each in part], **token}
