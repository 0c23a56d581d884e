"""DescribeImport."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import Import
from jedlik.services.dynamodb.transfer_descriptions import found_transfer, import_description


def import_arns(ctx: Context, req: dict[str, Any]) -> list[str]:
    return [req["ImportArn"]]


@operation("dynamodb", "DescribeImport", access="read", resource=import_arns)
async def describe_import(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await found_transfer(ctx, "import", req["ImportArn"])
    if found is None:
        raise Import.missing(req["ImportArn"])
    return {"ImportTableDescription": import_description(found)}
