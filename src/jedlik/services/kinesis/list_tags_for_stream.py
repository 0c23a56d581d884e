"""ListTagsForStream: by key, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.tags import tags_of


@operation("kinesis", "ListTagsForStream", access="read", permissions=OnStream("ListTagsForStream"))
async def list_tags_for_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    tags = await tags_of(ctx, req)
    after = req.get("ExclusiveStartTagKey", "")
    rest = [key for key in sorted(tags) if key > after]
    limit = req.get("Limit", len(rest))
    shown = [{"Key": key, "Value": tags[key]} for key in rest[:limit]]
    return {"Tags": shown, "HasMoreTags": len(rest) > limit}
