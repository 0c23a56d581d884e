"""ListTagsForResource: the tags of an alarm or a dashboard."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.tags import tagged_arns, tags_of


@operation("cloudwatch", "ListTagsForResource", access="read", resource=tagged_arns)
async def list_tags_for_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    tags = await tags_of(ctx, req["ResourceARN"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
