"""CreateTable."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import invalid
from jedlik.services.glue.requests import catalog_of, table_arns


@operation("glue", "CreateTable", access="write", resource=table_arns)
async def create_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    given = req.get("TableInput")
    if given is None:
        raise invalid("TableInput is required")  # unverified
    catalog = catalog_of(ctx, req)
    await catalog.add_table(req["DatabaseName"], given)
    indexed = req.get("PartitionIndexes")
    if indexed:
        raise invalid("Partition indexes are not supported.")  # a difference
    return {}
