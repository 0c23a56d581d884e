"""PutRecords: up to 500 records, each let in or refused by its shard."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.limits import PUT_BYTES_MAX
from jedlik.services.kinesis.names import OnStream, usable_stream
from jedlik.services.kinesis.putting import entry_of, put


@operation("kinesis", "PutRecords", access="write", permissions=OnStream("PutRecords"))
async def put_records(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream = await usable_stream(ctx, req)
    now_ms = int(ctx.now * 1000)
    entries = [entry_of(each, stream, now_ms) for each in req["Records"]]
    if sum(entry.size for entry in entries) > PUT_BYTES_MAX:
        raise invalid("Records size exceeds 10 MB limit")  # unverified since the limit grew
    results: list[dict[str, str]] = []
    failed = 0
    for done in await put(ctx, stream, entries):
        if isinstance(done, str):
            failed += 1
            code = "ProvisionedThroughputExceededException"
            results.append({"ErrorCode": code, "ErrorMessage": done})
        else:
            results.append({"SequenceNumber": done[1], "ShardId": done[0].id})
    answer: dict[str, Any] = {"FailedRecordCount": failed, "Records": results}
    if stream.key_id is not None:
        answer["EncryptionType"] = "KMS"
    return answer
