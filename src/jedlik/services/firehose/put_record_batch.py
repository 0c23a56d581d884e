"""PutRecordBatch: up to 500 records, those that are too many refused each by itself."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.errors import SLOW_DOWN, invalid
from jedlik.services.firehose.limits import BATCH_BYTES_MAX
from jedlik.services.firehose.names import stream_arns
from jedlik.services.firehose.putting import data_of, encrypted, open_stream, put


@operation("firehose", "PutRecordBatch", access="write", resource=stream_arns)
async def put_record_batch(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    datas = [
        data_of(each, f"records.{number}.member.data")
        for number, each in enumerate(req["Records"], 1)
    ]
    if sum(map(len, datas)) > BATCH_BYTES_MAX:
        raise invalid("Records size exceeds 4 MB limit")
    stream = await open_stream(ctx, req)
    ids = await put(ctx, stream, datas)
    return {
        "FailedPutCount": ids.count(None),
        "Encrypted": encrypted(stream),
        "RequestResponses": [
            {"RecordId": each}
            if each is not None
            else {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": SLOW_DOWN}
            for each in ids
        ],
    }
