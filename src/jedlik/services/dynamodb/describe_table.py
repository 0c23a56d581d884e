"""DescribeTable."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.describe import described
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import found_table, now_ms
from jedlik.services.dynamodb.table_rules import table_name_given


@operation(
    "dynamodb",
    "DescribeTable",
    access="read",
    permissions=on_table("DescribeTable"),
    first=[table_name_given],
)
async def describe_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    table = await found_table(ctx, req["TableName"])
    return {"Table": await described(ctx.db, table, now_ms(ctx))}
