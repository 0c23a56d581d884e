"""BatchDeleteTableVersion: the answer tells which were not there."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.errors import not_there
from jedlik.services.glue.requests import catalog_of, table_arns
from jedlik.services.glue.store import NotThere


@operation("glue", "BatchDeleteTableVersion", access="write", resource=table_arns)
async def batch_delete_table_version(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    catalog = catalog_of(ctx, req)
    await catalog.table(req["DatabaseName"], req["TableName"])
    errors = []
    for version in req["VersionIds"]:
        try:
            await catalog.delete_version(req["DatabaseName"], req["TableName"], version)
        except NotThere as fault:
            refusal = not_there(fault)
            detail = {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
            errors.append(
                {"TableName": req["TableName"], "VersionId": version, "ErrorDetail": detail}
            )
    return {"Errors": errors} if errors else {}
