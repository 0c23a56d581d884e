"""StartBulkPutItems: items from S3 into a table that is there. `importing.py` does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import Bulk, validation
from jedlik.services.dynamodb.table_changes import active_table, now_ms
from jedlik.services.dynamodb.table_names import table_arn
from jedlik.services.dynamodb.transfer_descriptions import bulk_description
from jedlik.services.dynamodb.transfers import Mismatch, Transfers
from jedlik.tables.errors import Contended


class BulkPutAsks:
    """The operation itself, and what it does in S3 for the caller. Unverified: the list."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        source, output = req["InputS3Configuration"], _output(req)
        bucket = f"arn:aws:s3:::{source['S3Bucket']}"
        written = f"arn:aws:s3:::{output['S3Bucket']}/{output.get('S3KeyPrefix', '')}*"
        return [
            Ask("dynamodb:StartBulkPutItems", table_arn(ctx, req["TableName"])),
            Ask("s3:GetObject", f"{bucket}/{source.get('S3KeyPrefix', '')}*", owner=ctx.account),
            Ask("s3:ListBucket", bucket, owner=ctx.account),
            Ask("s3:PutObject", written, owner=ctx.account),
        ]

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return self.asks(ctx, req)


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
    permissions=BulkPutAsks(),
    rules=[key_fits_algorithm],
)
async def start_bulk_put_items(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    req = {**req, "OutputS3Configuration": _output(req)}
    for part in ("InputS3Configuration", "OutputS3Configuration"):
        if req[part].get("S3BucketOwner", ctx.account) != ctx.account:
            raise validation("S3BucketOwner: buckets of other accounts are not supported yet")
    store = Transfers(ctx.db, "bulk", ctx.account, ctx.region)
    for _ in range(2):
        try:
            before = await store.used(req.get("ClientToken"), req)
        except Mismatch:
            raise Bulk.mismatch() from None
        if before is not None:
            return {"BulkOperationDescription": bulk_description(before)}
        table = await active_table(ctx, req["TableName"])
        new = store.begun(table, req, now_ms(ctx))
        try:
            await store.add(new)
        except Contended:
            continue  # the same token at the same time
        return {"BulkOperationDescription": bulk_description(new)}
    raise Bulk.mismatch()


def _output(req: dict[str, Any]) -> dict[str, Any]:
    """Where output goes. The model does not ask for a bucket. Unverified: that without one it is
    the input's."""
    return {"S3Bucket": req["InputS3Configuration"]["S3Bucket"], **req["OutputS3Configuration"]}
