"""Finding a table for a table operation, and changing it while others may.

States: with the setting `transition_ms` 0, the default, a table is ready before the answer that
says CREATING arrives. Otherwise the state is stored with the time it ends, and the job
`workers/table_states.py` ends it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.services.dynamodb.errors import ResourceInUse, ResourceNotFound
from jedlik.services.dynamodb.table_names import owner_of, table_name
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Table

RETRIES_MAX = 10


async def found_table(ctx: Context, name_or_arn: str) -> Table:
    """The table meant, in whatever state; raises ResourceNotFoundException with its name."""
    name = table_name(ctx, name_or_arn, abroad=True)
    try:
        table: Table = await ctx.db.catalog.get(owner_of(ctx, name_or_arn), ctx.region, name)
    except TableNotFound:
        raise ResourceNotFound.table(name) from None
    return table


async def active_table(ctx: Context, name_or_arn: str) -> Table:
    """The table meant, if it may be changed now; raises ResourceNotFound, ResourceInUse."""
    table = await found_table(ctx, name_or_arn)
    check_active(table)
    return table


def check_active(table: Table) -> None:
    """Raise ResourceInUseException unless the table is ACTIVE."""
    if table.status == "CREATING":
        raise ResourceInUse.creating(table.name)
    if table.status == "UPDATING":
        raise ResourceInUse.updating(table.name)
    if table.status == "DELETING":
        raise ResourceInUse.deleting(table.name)


async def change_table(
    ctx: Context, name_or_arn: str, change: Callable[[Table], Table]
) -> tuple[Table, Table]:
    """Look up, change, store; again if someone else was faster. Returns (before, after).

    `change` is pure; it may raise ApiError. The same table back means nothing is written.
    """
    for _ in range(RETRIES_MAX):
        table = await active_table(ctx, name_or_arn)
        changed = change(table)
        if changed == table:
            return table, table
        try:
            return table, await ctx.db.replace_table(table, changed)
        except Contended:
            continue
        except TableNotFound:
            raise ResourceNotFound.table(table.name) from None
    raise ResourceInUse.changed()


def transition_ms(ctx: Context) -> int:
    """How long tables stay CREATING, UPDATING or DELETING."""
    return int(getattr(ctx.settings, "transition_ms", 0) or 0)


def now_ms(ctx: Context) -> int:
    return int(ctx.now * 1000)


def in_transition(ctx: Context, table: Table, status: str) -> Table:
    """The table in a state that lasts `transition_ms`; unchanged if that is no time at all."""
    lasts_ms = transition_ms(ctx)
    if not lasts_ms:
        return table
    return replace(table, status=status, settles_at_ms=now_ms(ctx) + lasts_ms)
