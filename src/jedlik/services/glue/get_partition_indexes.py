"""GetPartitionIndexes: none, for they cannot be made here."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns


@operation("glue", "GetPartitionIndexes", access="read", resource=table_arns)
async def get_partition_indexes(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await catalog_of(ctx, req).table(req["DatabaseName"], req["TableName"])
    return {"PartitionIndexDescriptorList": []}
