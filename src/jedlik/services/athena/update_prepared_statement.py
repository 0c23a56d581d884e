"""UpdatePreparedStatement."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "UpdatePreparedStatement", access="write", resource=work_group_arns)
async def update_prepared_statement(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    old = await store.prepared(req["WorkGroup"], req["StatementName"])
    new = msgspec.structs.replace(
        old,
        query=req["QueryStatement"],
        description=req.get("Description", old.description),
        modified_ms=store.now_ms,
    )
    await store.put_prepared(new)
    return {}
