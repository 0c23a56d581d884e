"""DeleteTable: the table goes at once, its rows in the background."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.concurrency import check_table_operations
from jedlik.services.dynamodb.describe import described
from jedlik.services.dynamodb.errors import ResourceInUse, ResourceNotFound, validation
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import (
    RETRIES_MAX,
    check_active,
    found_table,
    in_transition,
    now_ms,
    transition_ms,
)
from jedlik.services.dynamodb.table_rules import table_name_given
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Table
from jedlik.tables.recovery import EXPORTS


@operation(
    "dynamodb",
    "DeleteTable",
    access="write",
    permissions=on_table("DeleteTable"),
    first=[table_name_given],
)
async def delete_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    for _ in range(RETRIES_MAX):
        table = await found_table(ctx, req["TableName"])
        check_active(table)
        if table.held_by and not _past_outlives(table):
            raise ResourceInUse.held(table.name)
        if table.deletion_protection:
            raise validation(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        await check_table_operations(ctx)
        try:
            await _delete(ctx, table)
        except Contended:
            continue
        except TableNotFound:
            raise ResourceNotFound.table(table.name) from None
        shown = await described(ctx.db, table, now_ms(ctx), status="DELETING")
        return {"TableDescription": shown}
    raise ResourceInUse.changed()


def _past_outlives(table: Table) -> bool:
    """Whether all that hold the table are exports, and its past stays: those go on without it."""
    recoverable = table.recovery is not None and table.recovery.enabled
    return recoverable and all(holder.startswith(EXPORTS) for holder in table.held_by)


async def _delete(ctx: Context, table: Table) -> None:
    if transition_ms(ctx):
        await ctx.db.replace_table(table, in_transition(ctx, table, "DELETING"))
        ctx.db.table_unsettled.set()
    else:
        await ctx.db.drop_table(table)
