"""CreatePreparedStatement."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.records import Prepared
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "CreatePreparedStatement", access="write", resource=work_group_arns)
async def create_prepared_statement(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    group = await store.work_group(req["WorkGroup"])
    made = Prepared(
        name=req["StatementName"],
        query=req["QueryStatement"],
        work_group=group.name,
        modified_ms=store.now_ms,
        description=req.get("Description"),
    )
    await store.add_prepared(made)
    return {}
