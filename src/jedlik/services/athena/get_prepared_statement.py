"""GetPreparedStatement."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "GetPreparedStatement", access="read", resource=work_group_arns)
async def get_prepared_statement(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await store_of(ctx).prepared(req["WorkGroup"], req["StatementName"])
    return {"PreparedStatement": descriptions.prepared(found)}
