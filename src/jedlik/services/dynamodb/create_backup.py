"""CreateBackup: the table as it is at this instant, kept until somebody deletes it."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.backup_descriptions import details
from jedlik.services.dynamodb.errors import ResourceInUse, TableInUse, TableMissing
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import RETRIES_MAX
from jedlik.services.dynamodb.table_names import table_name
from jedlik.storage.waist import Stats
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.recovery import begin_backup


@operation("dynamodb", "CreateBackup", access="write", permissions=on_table("CreateBackup"))
async def create_backup(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = table_name(ctx, req["TableName"])
    for _ in range(RETRIES_MAX):
        try:
            table = await ctx.db.catalog.get(ctx.account, ctx.region, name)
            if table.status in ("CREATING", "DELETING"):
                raise TableInUse.busy(name)
            backup = await begin_backup(ctx.db, table, req["BackupName"])
        except TableNotFound:
            raise TableMissing.backup_settings(name) from None
        except Contended:
            continue
        # AWS tells the size of the table; that of the image is known once it is there.
        stats = await ctx.db.engine.stats(table.space)
        return {"BackupDetails": details(backup, Stats(stats.rows, stats.bytes))}
    raise ResourceInUse.changed()
