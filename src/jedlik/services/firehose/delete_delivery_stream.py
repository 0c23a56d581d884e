"""DeleteDeliveryStream: with everything that it still buffers."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.errors import not_active
from jedlik.services.firehose.names import change_stream, stream_arns
from jedlik.services.firehose.records import DeliveryStream


@operation("firehose", "DeleteDeliveryStream", access="write", resource=stream_arns)
async def delete_delivery_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """AllowForceDelete is about grants of KMS, which are not there: it changes nothing."""

    def deleted(now: DeliveryStream) -> DeliveryStream:
        if now.status == "CREATING":
            raise not_active(now.name, now.account, now.status)
        if now.status == "DELETING":
            return now
        settles_at_ms = int(ctx.now * 1000) + ctx.settings.transition_ms
        return msgspec.structs.replace(now, status="DELETING", settles_at_ms=settles_at_ms)

    await change_stream(ctx, req, deleted)
    return {}
