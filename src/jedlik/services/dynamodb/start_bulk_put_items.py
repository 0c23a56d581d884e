"""StartBulkPutItems: items from S3 into a table that is there. `importing.py` does it."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.callers import caller_of
from jedlik.services.dynamodb.errors import Bulk
from jedlik.services.dynamodb.table_changes import active_table, now_ms
from jedlik.services.dynamodb.table_names import table_arn
from jedlik.services.dynamodb.transfer_descriptions import bulk_description
from jedlik.services.dynamodb.transfers import Mismatch, Transfers
from jedlik.tables.errors import Contended


def changed_table(ctx: Context, req: dict[str, Any]) -> list[str]:
    """What is asked at once; what S3 asks is judged when objects are read and written."""
    return [table_arn(ctx, req["TableName"])]


def key_fits_algorithm(req: dict[str, Any]) -> str | None:
    """A rule. Unverified: the text."""
    output = req["OutputS3Configuration"]
    if output.get("S3SseAlgorithm") == "AES256" and "S3SseKmsKeyId" in output:
        return "S3SseKmsKeyId cannot be specified when S3SseAlgorithm is AES256"
    return None


@operation(
    "dynamodb",
    "StartBulkPutItems",
    access="write",
    resource=changed_table,
    rules=[key_fits_algorithm],
)
async def start_bulk_put_items(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    req = {**req, "OutputS3Configuration": _output(req)}
    store = Transfers(ctx.db, "bulk", ctx.account, ctx.region)
    for _ in range(2):
        try:
            before = await store.used(req.get("ClientToken"), req)
        except Mismatch:
            raise Bulk.mismatch() from None
        if before is not None:
            return {"BulkOperationDescription": bulk_description(before)}
        table = await active_table(ctx, req["TableName"])
        new = store.begun(table, req, now_ms(ctx), caller_of(ctx.principal))
        try:
            await store.add(new)
        except Contended:
            continue  # the same token at the same time
        return {"BulkOperationDescription": bulk_description(new)}
    raise Bulk.mismatch()


def _output(req: dict[str, Any]) -> dict[str, Any]:
    """Where output goes. The model does not ask for a bucket. Unverified: that without one it is
    the input's."""
    source, output = req["InputS3Configuration"], req["OutputS3Configuration"]
    if "S3Bucket" in output:
        return dict(output)
    own = {name: source[name] for name in ("S3Bucket", "S3BucketOwner") if name in source}
    return {**own, **output}
