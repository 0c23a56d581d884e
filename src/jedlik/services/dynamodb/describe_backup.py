"""DescribeBackup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.backup_descriptions import (
    backup_arns,
    description,
    found_backup,
    stats_of,
)
from jedlik.services.dynamodb.table_changes import now_ms


@operation("dynamodb", "DescribeBackup", access="read", resource=backup_arns)
async def describe_backup(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    backup = await found_backup(ctx, req["BackupArn"])
    stats = await stats_of(ctx.db, backup)
    return {"BackupDescription": description(backup, stats, now_ms(ctx))}
