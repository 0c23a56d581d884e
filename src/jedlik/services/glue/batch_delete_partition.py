"""BatchDeletePartition: the answer tells which were not there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import not_there
from jedlik.services.glue.partition_inputs import told
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import NotThere


@operation("glue", "BatchDeletePartition", access="write", resource=table_arns)
async def batch_delete_partition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    errors = []
    for each in req["PartitionsToDelete"]:
        try:
            await catalog.delete_partition(table, each["Values"])
        except NotThere as fault:
            errors.append(told(each["Values"], not_there(fault)))
    return {"Errors": errors} if errors else {}
