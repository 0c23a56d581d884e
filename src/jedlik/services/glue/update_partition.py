"""UpdatePartition; its values may change, too."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns


@operation("glue", "UpdatePartition", access="write", resource=table_arns)
async def update_partition(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    table = await catalog.table(req["DatabaseName"], req["TableName"])
    given = req["PartitionInput"]
    await catalog.change_partition(
        table, req["PartitionValueList"], {"Values": req["PartitionValueList"], **given}
    )
    return {}
