"""CancelBulkOperation: what was written stays."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.describe_bulk_operation import bulk_arns
from jedlik.services.dynamodb.errors import Bulk, validation
from jedlik.services.dynamodb.transfer_descriptions import found_transfer
from jedlik.services.dynamodb.transfers import RETRIES_MAX, Transfers
from jedlik.tables.errors import Contended


@operation("dynamodb", "CancelBulkOperation", access="write", resource=bulk_arns)
async def cancel_bulk_operation(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    arn = req["BulkOperationArn"]
    store = Transfers(ctx.db, "bulk", ctx.account, ctx.region)
    for _ in range(RETRIES_MAX):
        found = await found_transfer(ctx, "bulk", arn)
        if found is None:
            raise Bulk.missing(arn)
        if found.done:
            # Unverified: that this is refused, and the text.
            raise validation(f"The bulk operation is {found.status} already")
        if found.status != "CANCELLING":
            try:
                await store.store(found, msgspec.structs.replace(found, status="CANCELLING"))
            except Contended:
                continue
            ctx.db.transfer_work.set()
        return {"BulkOperationArn": arn, "BulkOperationStatus": "CANCELLING"}
    raise Contended
