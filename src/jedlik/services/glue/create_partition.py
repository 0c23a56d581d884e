"""CreatePartition."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.partition_inputs import checked
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import AlreadyThere


@operation("glue", "CreatePartition", access="write", resource=table_arns)
async def create_partition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    given = checked(table, req["PartitionInput"])
    if await catalog.add_partitions(table, [given]):
        raise AlreadyThere("Partition", "")
    return {}
