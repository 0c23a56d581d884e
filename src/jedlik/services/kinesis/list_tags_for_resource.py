"""ListTagsForResource: all tags of a stream or a consumer."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.tags import tags_of


@operation(
    "kinesis", "ListTagsForResource", access="read", permissions=OnStream("ListTagsForResource")
)
async def list_tags_for_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    tags = await tags_of(ctx, req)
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}
