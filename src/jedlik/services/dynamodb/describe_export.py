"""DescribeExport."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import Export
from jedlik.services.dynamodb.transfer_descriptions import export_description, found_transfer
from jedlik.services.dynamodb.transfers import written


def export_arns(ctx: Context, req: dict[str, Any]) -> list[str]:
    return [req["ExportArn"]]


@operation("dynamodb", "DescribeExport", access="read", resource=export_arns)
async def describe_export(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await found_transfer(ctx, "export", req["ExportArn"])
    if found is None:
        raise Export.missing(req["ExportArn"])
    so_far = written(ctx.db).get(found.id)
    return {"ExportDescription": export_description(found, so_far)}
