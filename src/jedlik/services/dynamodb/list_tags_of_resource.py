"""ListTagsOfResource. A table has fifty tags at most, so one page holds them all."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import ResourceNotFound, validation
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.tagged_tables import tagged_table


@operation(
    "dynamodb", "ListTagsOfResource", access="read", permissions=on_table("ListTagsOfResource")
)
async def list_tags_of_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    table = await tagged_table(ctx, req["ResourceArn"])
    if table is None:
        raise ResourceNotFound.resource(req["ResourceArn"])
    if "NextToken" in req:
        # We never hand one out. Unverified: the text.
        raise validation("Invalid NextToken")
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.tags.items()]}
