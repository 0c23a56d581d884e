"""TagDeliveryStream."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.names import change_stream, stream_arns
from jedlik.services.firehose.records import DeliveryStream
from jedlik.services.firehose.tags import with_tags


@operation("firehose", "TagDeliveryStream", access="tagging", resource=stream_arns)
async def tag_delivery_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def tagged(now: DeliveryStream) -> DeliveryStream:
        return msgspec.structs.replace(now, tags=with_tags(now.tags, req["Tags"]))

    await change_stream(ctx, req, tagged)
    return {}
