"""GetPartition."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import shown


@operation("glue", "GetPartition", access="read", resource=table_arns)
async def get_partition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    return {"Partition": shown(await catalog.partition(table, req["PartitionValues"]))}
