"""DeleteTable, with its partitions; objects stay."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns


@operation("glue", "DeleteTable", access="write", resource=table_arns)
async def delete_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await catalog_of(ctx, req).delete_table(req["DatabaseName"], req["Name"])
    return {}
