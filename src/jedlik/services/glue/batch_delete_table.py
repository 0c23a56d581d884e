"""BatchDeleteTable: the answer tells which were not there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import not_there
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import NotThere


@operation("glue", "BatchDeleteTable", access="write", resource=table_arns)
async def batch_delete_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    errors = []
    for name in req["TablesToDelete"]:
        try:
            await catalog.delete_table(req["DatabaseName"], name)
        except NotThere as fault:
            refusal = not_there(fault)
            detail = {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
            errors.append({"TableName": name, "ErrorDetail": detail})
    return {"Errors": errors} if errors else {}
