"""UpdateDatabase."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, database_arns


@operation("glue", "UpdateDatabase", access="write", resource=database_arns)
async def update_database(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    given = req["DatabaseInput"]
    await catalog_of(ctx, req).change_database(
        req["Name"],
        lambda old: {**given, "CreateTime": old["CreateTime"], "_id": old["_id"]},
    )
    return {}
