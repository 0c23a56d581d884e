"""ListWorkGroups, in order of their names."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import page, store_of


@operation("athena", "ListWorkGroups", access="list", resource=None)
async def list_work_groups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    part, token = page(await store_of(ctx).work_groups(), req, 50)
    return {"WorkGroups": [descriptions.work_group_summary(each) for each in part], **token}
