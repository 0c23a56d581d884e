"""DeleteTableVersion: an earlier one."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.glue.requests import catalog_of, table_arns


@operation("glue", "DeleteTableVersion", access="write", resource=table_arns)
async def delete_table_version(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await catalog_of(ctx, req).delete_version(
        req["DatabaseName"], req["TableName"], req["VersionId"]
    )
    return {}
