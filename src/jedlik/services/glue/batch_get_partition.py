"""BatchGetPartition: those that are there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import NotThere, shown


@operation("glue", "BatchGetPartition", access="read", resource=table_arns)
async def batch_get_partition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    found = []
    for each in req["PartitionsToGet"]:
        try:
            found.append(shown(await catalog.partition(table, each["Values"])))
        except NotThere:
            continue
    return {"Partitions": found}
