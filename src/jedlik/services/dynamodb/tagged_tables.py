"""The table that a tagging operation's ResourceArn names."""

from __future__ import annotations

from jedlik.api.context import Context
from jedlik.services.dynamodb.errors import access_denied, validation
from jedlik.services.dynamodb.table_names import owner_of, resource_name, user_arn
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Table


async def tagged_table(ctx: Context, arn: str) -> Table | None:
    """The table, or None if there is none; the operations say that in different words.

    What is refused how: no ARN at all and ARNs of other kinds are invalid, those of other services
    and accounts denied. Unverified: the texts.
    """
    if not arn.startswith("arn:"):
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    if arn.split(":", 3)[2:3] != ["dynamodb"]:
        raise access_denied(f"User: {user_arn(ctx)} is not authorized to access resource: {arn}")
    named = resource_name(ctx, arn, abroad=True)
    if named.kind:
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    try:
        table: Table = await ctx.db.catalog.get(owner_of(ctx, arn), ctx.region, named.table)
    except TableNotFound:
        return None
    return table
