"""UntagResource: tags taken away; those that are not there are no mistake."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.tags import change_tags, tagged_arns


@operation("cloudwatch", "UntagResource", access="tagging", resource=tagged_arns)
async def untag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await change_tags(ctx, req["ResourceARN"], gone=req["TagKeys"])
    return {}
