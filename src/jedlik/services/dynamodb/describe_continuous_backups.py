"""DescribeContinuousBackups."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.continuous_backups import described_backups
from jedlik.services.dynamodb.errors import TableMissing
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import now_ms
from jedlik.services.dynamodb.table_names import table_name
from jedlik.tables.errors import TableNotFound


@operation(
    "dynamodb",
    "DescribeContinuousBackups",
    access="read",
    permissions=on_table("DescribeContinuousBackups"),
)
async def describe_continuous_backups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = table_name(ctx, req["TableName"])
    try:
        table = await ctx.db.catalog.get(ctx.account, ctx.region, name)
    except TableNotFound:
        raise TableMissing.backup_settings(name) from None
    return {"ContinuousBackupsDescription": described_backups(table, now_ms(ctx))}
