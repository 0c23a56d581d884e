"""UntagResource: tags taken away; those that are not there are no mistake."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.resources import tagged_arns
from jedlik.services.applicationautoscaling.tags import change_tags


@operation("applicationautoscaling", "UntagResource", access="tagging", resource=tagged_arns)
async def untag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    gone = req["TagKeys"]
    await change_tags(
        ctx,
        req["ResourceARN"],
        lambda tags: {key: value for key, value in tags.items() if key not in gone},
    )
    return {}
