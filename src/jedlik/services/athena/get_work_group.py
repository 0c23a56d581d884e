"""GetWorkGroup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions
from jedlik.services.athena.requests import store_of, work_group_arns


@operation("athena", "GetWorkGroup", access="read", resource=work_group_arns)
async def get_work_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {"WorkGroup": descriptions.work_group(await store_of(ctx).work_group(req["WorkGroup"]))}
