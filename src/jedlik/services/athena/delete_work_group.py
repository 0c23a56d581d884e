"""DeleteWorkGroup; with RecursiveDeleteOption also one that holds queries."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import errors
from jedlik.services.athena.records import PRIMARY
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "DeleteWorkGroup", access="write", resource=work_group_arns)
async def delete_work_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    name = req["WorkGroup"]
    if name == PRIMARY:
        raise errors.primary_stays()
    await store.work_group(name)
    if not req.get("RecursiveDeleteOption", False):
        listed, _ = await store.listed(name, before=None, limit=1)
        if listed or await store.named_queries(name) or await store.prepared_statements(name):
            raise errors.work_group_in_use(name)
    await store.delete_work_group(name)
    return {}
