"""CreateNamedQuery."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import errors
from jedlik.services.athena.records import PRIMARY, NamedQuery
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "CreateNamedQuery", access="write", resource=work_group_arns)
async def create_named_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    group = await store.work_group(req.get("WorkGroup", PRIMARY))
    token = req.get("ClientRequestToken")
    made = NamedQuery(
        id=store.new_id(),
        name=req["Name"],
        database=req["Database"],
        query=req["QueryString"],
        work_group=group.name,
        created_ms=store.now_ms,
        description=req.get("Description"),
        token=token,
    )
    if token is not None:
        for each in await store.named_queries(group.name):
            if each.token == token:
                same = (each.name, each.database, each.query)
                if same != (made.name, made.database, made.query):
                    raise errors.token_used()
                return {"NamedQueryId": each.id}
    await store.put_named_query(made)
    return {"NamedQueryId": made.id}
