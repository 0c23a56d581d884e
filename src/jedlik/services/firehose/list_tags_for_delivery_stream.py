"""ListTagsForDeliveryStream: by key, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.limits import LIST_TAGS
from jedlik.services.firehose.names import found_stream, stream_arns


@operation("firehose", "ListTagsForDeliveryStream", access="read", resource=stream_arns)
async def list_tags_for_delivery_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await found_stream(ctx, req)
    limit, after = req.get("Limit", LIST_TAGS), req.get("ExclusiveStartTagKey", "")
    rest = [(key, value) for key, value in sorted(stream.tags.items()) if key > after]
    return {
        "Tags": [{"Key": key, "Value": value} for key, value in rest[:limit]],
        "HasMoreTags": len(rest) > limit,
    }
