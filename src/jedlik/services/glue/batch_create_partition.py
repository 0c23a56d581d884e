"""BatchCreatePartition: the answer tells which were there already."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import already_there
from jedlik.services.glue.partition_inputs import checked, told
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import AlreadyThere


@operation("glue", "BatchCreatePartition", access="write", resource=table_arns)
async def batch_create_partition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    given = [checked(table, each) for each in req["PartitionInputList"]]
    there = await catalog.add_partitions(table, given)
    errors = [told(each["Values"], already_there(AlreadyThere("Partition", ""))) for each in there]
    return {"Errors": errors} if errors else {}
