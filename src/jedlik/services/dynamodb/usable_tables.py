"""The table that an item operation names, if its items can be read and written now."""

from __future__ import annotations

from jedlik.api.context import Context
from jedlik.services.dynamodb.table_names import owner_of, table_name
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Table

USABLE = frozenset(("ACTIVE", "UPDATING"))
"""Items of a table that is CREATING or DELETING are answered with ResourceNotFoundException."""


def known_table(ctx: Context, name: str) -> Table | None:
    """The table if it is usable and known already: the data path's look-up, a dict and a test."""
    found = ctx.db.catalog.look_up((ctx.account, ctx.region, name))
    if found is None:
        return None
    table: Table = found[1]
    if table.status not in USABLE:
        return None
    ctx.tables = table
    return table


async def usable_table(ctx: Context, name_or_arn: str) -> Table:
    """The table of that name or ARN; raises TableNotFound."""
    name = table_name(ctx, name_or_arn, abroad=True)
    table: Table = await ctx.db.catalog.get(owner_of(ctx, name_or_arn), ctx.region, name)
    if table.status not in USABLE:
        raise TableNotFound(name)
    ctx.tables = table
    return table
