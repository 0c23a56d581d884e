"""DescribeBulkOperation."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import Bulk
from jedlik.services.dynamodb.transfer_descriptions import bulk_description, found_transfer


def bulk_arns(ctx: Context, req: dict[str, Any]) -> list[str]:
    return [req["BulkOperationArn"]]


@operation("dynamodb", "DescribeBulkOperation", access="read", resource=bulk_arns)
async def describe_bulk_operation(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await found_transfer(ctx, "bulk", req["BulkOperationArn"])
    if found is None:
        raise Bulk.missing(req["BulkOperationArn"])
    return {"BulkOperationDescription": bulk_description(found)}
