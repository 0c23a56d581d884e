"""ListTagsForResource."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import page, resource_arns
from jedlik.services.athena.tags import tagged, work_group_of


@operation("athena", "ListTagsForResource", access="read", resource=resource_arns)
async def list_tags_for_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = tagged(ctx, req["ResourceARN"])
    group = await work_group_of(ctx, name)
    shown = [{"Key": key, "Value": value} for key, value in sorted(group.tags.items())]
    part, token = page(shown, req, 75)
    return {"Tags": list(part), **token}
