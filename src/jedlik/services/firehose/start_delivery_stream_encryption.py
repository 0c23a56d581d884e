"""StartDeliveryStreamEncryption, also to change the key."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.encryption import check_may_switch, encrypted
from jedlik.services.firehose.names import change_stream, stream_arns
from jedlik.services.firehose.records import DeliveryStream


@operation("firehose", "StartDeliveryStreamEncryption", access="write", resource=stream_arns)
async def start_delivery_stream_encryption(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wanted = req.get("DeliveryStreamEncryptionConfigurationInput")

    def changed(now: DeliveryStream) -> DeliveryStream:
        check_may_switch(now)
        switched = encrypted(now.encryption, wanted, int(ctx.now * 1000))
        return msgspec.structs.replace(now, encryption=switched)

    await change_stream(ctx, req, changed, active=True)
    return {}
