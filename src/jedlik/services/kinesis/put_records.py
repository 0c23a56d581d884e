"""PutRecords: up to 500 records, each let in or refused by its shard."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid, unless_dry
from jedlik.services.kinesis.limits import PUT_BYTES_MAX
from jedlik.services.kinesis.metrics import Metrics, now_ms
from jedlik.services.kinesis.names import OnStream, usable_stream
from jedlik.services.kinesis.putting import entry_of, put


@operation("kinesis", "PutRecords", access="write", permissions=OnStream("PutRecords"))
async def put_records(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    began_ms = now_ms()
    stream = await usable_stream(ctx, req)
    at_ms = int(ctx.now * 1000)
    entries = [
        entry_of(
            each,
            stream,
            at_ms,
            spread=f"{ctx.request_id}|{number}",
            at=f"records.{number}.member.",
        )
        for number, each in enumerate(req["Records"], 1)
    ]
    if sum(entry.size for entry in entries) > PUT_BYTES_MAX:
        raise invalid("Records size exceeds 10 MB limit")  # unverified since the limit grew
    unless_dry(req)
    results: list[dict[str, str]] = []
    failed = size = 0
    for entry, done in zip(entries, await put(ctx, stream, entries), strict=True):
        if isinstance(done, str):
            failed += 1
            code = "ProvisionedThroughputExceededException"
            results.append({"ErrorCode": code, "ErrorMessage": done})
        else:
            size += entry.size
            results.append({"SequenceNumber": done[1], "ShardId": done[0].id})
    metrics, good = Metrics(ctx.db, stream), len(results) - failed
    metrics.add("PutRecords.Success", int(good > 0))
    metrics.add("PutRecords.TotalRecords", len(results))
    metrics.add("PutRecords.SuccessfulRecords", good)
    metrics.add("PutRecords.FailedRecords", 0)
    metrics.add("PutRecords.ThrottledRecords", failed)
    if good:
        metrics.add("PutRecords.Records", good)
        metrics.add("PutRecords.Bytes", size)
    metrics.add("PutRecords.Latency", now_ms() - began_ms)
    answer: dict[str, Any] = {"FailedRecordCount": failed, "Records": results}
    if stream.key_id is not None:
        answer["EncryptionType"] = "KMS"
    return answer
