"""DeleteBackup: for backups that a user made; those of deleted tables go by themselves."""

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
from jedlik.services.dynamodb.errors import BackupInUse, validation
from jedlik.services.dynamodb.table_changes import now_ms
from jedlik.tables.recovery import delete_backup as forget


@operation("dynamodb", "DeleteBackup", access="write", resource=backup_arns)
async def delete_backup(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    backup = await found_backup(ctx, req["BackupArn"])
    if backup.kind == "SYSTEM":
        # Unverified: the text; the guide says that system backups cannot be deleted.
        raise validation(f"System backups cannot be deleted: {backup.arn}")
    if backup.status == "CREATING":
        raise BackupInUse.creating(backup.arn)
    if any(job.backup == backup.id for job in await ctx.db.backups.jobs()):
        raise BackupInUse.restoring(backup.arn)
    stats = await stats_of(ctx.db, backup)
    await forget(ctx.db, backup)
    shown = description(backup, stats, now_ms(ctx))
    shown["BackupDetails"]["BackupStatus"] = "DELETED"
    return {"BackupDescription": shown}
