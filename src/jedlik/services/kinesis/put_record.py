"""PutRecord: one record, durable when it is answered."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import throttled, unless_dry
from jedlik.services.kinesis.metrics import Metrics, now_ms
from jedlik.services.kinesis.names import OnStream, usable_stream
from jedlik.services.kinesis.putting import entry_of, put


@operation("kinesis", "PutRecord", access="write", permissions=OnStream("PutRecord"))
async def put_record(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """SequenceNumberForOrdering asks for what is always so: numbers grow in the order of puts."""
    began_ms = now_ms()
    stream = await usable_stream(ctx, req)
    metrics = Metrics(ctx.db, stream)
    entry = entry_of(req, stream, int(ctx.now * 1000), spread=ctx.request_id, at="")
    unless_dry(req)
    (done,) = await put(ctx, stream, [entry])
    metrics.add("PutRecord.Success", int(not isinstance(done, str)))
    if isinstance(done, str):
        raise throttled(done)
    metrics.add("PutRecord.Bytes", entry.size)
    metrics.add("PutRecord.Latency", now_ms() - began_ms)
    shard, number = done
    answer = {"ShardId": shard.id, "SequenceNumber": number}
    if stream.key_id is not None:
        answer["EncryptionType"] = "KMS"
    return answer
