"""PutRecord: one record, durable when it is answered."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose.errors import slow_down
from jedlik.services.firehose.names import stream_arns
from jedlik.services.firehose.putting import data_of, encrypted, open_stream, put


@operation("firehose", "PutRecord", access="write", resource=stream_arns)
async def put_record(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    data = data_of(req["Record"], "record.data")
    stream = await open_stream(ctx, req)
    (record_id,) = await put(ctx, stream, [data])
    if record_id is None:
        raise slow_down()
    return {"RecordId": record_id, "Encrypted": encrypted(stream)}
