"""BatchUpdatePartition: the answer tells which could not be."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import already_there, not_there
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import AlreadyThere, NotThere


@operation("glue", "BatchUpdatePartition", access="write", resource=table_arns)
async def batch_update_partition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    errors = []
    for entry in req["Entries"]:
        values = entry["PartitionValueList"]
        try:
            new = {"Values": values, **entry["PartitionInput"]}
            await catalog.change_partition(table, values, new)
        except (NotThere, AlreadyThere) as fault:
            refusal = not_there(fault) if isinstance(fault, NotThere) else already_there(fault)
            detail = {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
            errors.append({"PartitionValueList": values, "ErrorDetail": detail})
    return {"Errors": errors} if errors else {}
