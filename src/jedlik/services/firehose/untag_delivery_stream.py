"""UntagDeliveryStream: keys that are not there do not matter."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.names import change_stream, stream_arns
from jedlik.services.firehose.records import DeliveryStream


@operation("firehose", "UntagDeliveryStream", access="tagging", resource=stream_arns)
async def untag_delivery_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def untagged(now: DeliveryStream) -> DeliveryStream:
        kept = {key: value for key, value in now.tags.items() if key not in req["TagKeys"]}
        return msgspec.structs.replace(now, tags=kept)

    await change_stream(ctx, req, untagged)
    return {}
