"""The quotas on what may be provisioned, by table and by account."""

from __future__ import annotations

from jedlik.api.context import Context
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.errors import limit_exceeded
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Table

TABLES_MAX = 1 << 20


async def check_quotas(ctx: Context, table: Table, *, new: bool) -> None:
    """Refuse what would be provisioned beyond a quota; raises LimitExceededException.

    A new table with its indexes must stay within the table's quota; all tables of an account and
    region within the account's (API reference, DescribeLimits). With --throttling off there are no
    limits, these neither. Unverified: the texts.
    """
    read, write = provisioned_units(table)
    if ctx.db.flows.mode == "off" or not (read or write):
        return
    if new:
        _check(read, write, limits.TABLE_UNITS_MAX, "table")
    catalog = ctx.db.catalog
    for name in await catalog.names(ctx.account, ctx.region, after=None, limit=TABLES_MAX):
        try:
            other = await catalog.get(ctx.account, ctx.region, name)
        except TableNotFound:
            continue
        if other.name != table.name:
            more_read, more_write = provisioned_units(other)
            read, write = read + more_read, write + more_write
    _check(read, write, limits.ACCOUNT_UNITS_MAX, "subscriber")


def provisioned_units(table: Table) -> tuple[int, int]:
    """Read and write units of a table and its indexes together; none on demand."""
    if table.billing != "PROVISIONED":
        return 0, 0
    owns = [table.throughput, *(each.throughput for each in table.indexes if each.kind == "global")]
    return sum(each.read_units for each in owns), sum(each.write_units for each in owns)


def _check(read: int, write: int, most: int, whose: str) -> None:
    for units, kind in ((read, "Read"), (write, "Write")):
        if units > most:
            raise limit_exceeded(
                f"Subscriber limit exceeded: There is a limit of {most} {kind}CapacityUnits "
                f"per {whose}"
            )
