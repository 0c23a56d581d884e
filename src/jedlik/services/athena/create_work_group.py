"""CreateWorkGroup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.records import WorkGroup
from jedlik.services.athena.requests import named_arns, store_of
from jedlik.services.athena.tags import with_tags
from jedlik.services.athena.work_group_configurations import configured


@operation("athena", "CreateWorkGroup", access="write", resource=named_arns)
async def create_work_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    name = req["Name"]
    made = WorkGroup(
        name=name,
        created_ms=store.now_ms,
        configuration=configured(req.get("Configuration") or {}),
        description=req.get("Description"),
        tags=with_tags({}, req.get("Tags") or ()),
    )
    await store.add_work_group(made)
    return {}
