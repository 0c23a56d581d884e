"""GetTable."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import shown


@operation("glue", "GetTable", access="read", resource=table_arns)
async def get_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await catalog_of(ctx, req).table(req["DatabaseName"], req["Name"])
    return {"Table": shown(found)}
