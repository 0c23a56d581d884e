"""ListNamedQueries of a work group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.records import PRIMARY
from jedlik.services.athena.requests import page, store_of, work_group_arns


@operation("athena", "ListNamedQueries", access="list", resource=work_group_arns)
async def list_named_queries(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    group = await store.work_group(req.get("WorkGroup", PRIMARY))
    part, token = page(await store.named_queries(group.name), req, 50)
    return {"NamedQueryIds": [each.id for each in part], **token}
