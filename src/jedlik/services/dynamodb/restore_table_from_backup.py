"""RestoreTableFromBackup: a new table with what a backup holds."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.backup_descriptions import found_backup
from jedlik.services.dynamodb.errors import BackupInUse, TableThere
from jedlik.services.dynamodb.permissions import Restoring
from jedlik.services.dynamodb.restored_tables import (
    new_target,
    restoring,
    target_name,
    units_in_bounds,
)
from jedlik.services.dynamodb.table_names import table_arn
from jedlik.tables.errors import TableExists
from jedlik.tables.recovery import begin_restore


def resources(ctx: Context, req: dict[str, Any]) -> list[str]:
    """The backup and the table that is made of it."""
    return [req["BackupArn"], table_arn(ctx, req["TargetTableName"])]


@operation(
    "dynamodb",
    "RestoreTableFromBackup",
    access="write",
    permissions=Restoring("RestoreTableFromBackup", resources),
    rules=[target_name, units_in_bounds],
)
async def restore_table_from_backup(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    backup = await found_backup(ctx, req["BackupArn"], any_region=True)
    if backup.status == "CREATING":
        raise BackupInUse.creating(backup.arn)
    target = await new_target(ctx, req, backup.table, backup)
    try:
        table = await begin_restore(ctx.db, target, backup)
    except TableExists:
        raise TableThere.named(target.name) from None
    return await restoring(ctx, table)
