"""StartStreamEncryption: a setting that records are marked with; see docs/kinesis.md."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.names import OnStream, change_stream
from jedlik.services.kinesis.records import Stream


@operation(
    "kinesis",
    "StartStreamEncryption",
    access="write",
    permissions=OnStream("StartStreamEncryption"),
)
async def start_stream_encryption(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if req["EncryptionType"] != "KMS":  # "The only valid value is KMS"; unverified text
        raise invalid("EncryptionType must be KMS.")

    def changed(stream: Stream) -> Stream:
        return msgspec.structs.replace(stream, key_id=req["KeyId"], status="UPDATING")

    await change_stream(ctx, req, changed)
    return {}
