"""TagResource: tags of a scalable target, added or replaced."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.resources import tagged_arns
from jedlik.services.applicationautoscaling.tags import change_tags, with_tags


@operation("applicationautoscaling", "TagResource", access="tagging", resource=tagged_arns)
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn = req["ResourceARN"]
    await change_tags(ctx, arn, lambda tags: with_tags(arn, tags, req["Tags"]))
    return {}
