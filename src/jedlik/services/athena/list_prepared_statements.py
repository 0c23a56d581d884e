"""ListPreparedStatements of a work group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import page, store_of, work_group_arns


@operation("athena", "ListPreparedStatements", access="list", resource=work_group_arns)
async def list_prepared_statements(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    group = await store.work_group(req["WorkGroup"])
    part, token = page(await store.prepared_statements(group.name), req, 50)
    shown = [
        {"StatementName": each.name, "LastModifiedTime": each.modified_ms / 1000} for each in part
    ]
    return {"PreparedStatements": shown, **token}
