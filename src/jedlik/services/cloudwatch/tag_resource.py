"""TagResource: tags of an alarm or a dashboard, added or replaced."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.tags import change_tags, tagged_arns


@operation("cloudwatch", "TagResource", access="tagging", resource=tagged_arns)
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await change_tags(ctx, req["ResourceARN"], given=req["Tags"])
    return {}
