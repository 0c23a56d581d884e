"""ListTagsForResource: the tags of a scalable target."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.resources import tagged_arns
from jedlik.services.applicationautoscaling.tags import tagged_target


@operation("applicationautoscaling", "ListTagsForResource", access="read", resource=tagged_arns)
async def list_tags_for_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    target = await tagged_target(ctx, req["ResourceARN"])
    return {"Tags": target.tags}
