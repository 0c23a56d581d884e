"""How much of an account may go on at once in a region: table operations, restores and transfers.

The numbers are in `limits.py`; they hold with --throttling on. All are counted from what is stored.
Exports and imports are counted and stored in one go (`Transfers.add`), so there are never more;
requests for tables and restores that come at the same moment may together make more.
"""

from __future__ import annotations

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.errors import limit_exceeded
from jedlik.services.dynamodb.transfers import AtOnce
from jedlik.tables.backups import Backup
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Table

TABLES_MAX = 1 << 20
SUBSCRIBER = "Subscriber limit exceeded: "
INDEXED = (
    f"{SUBSCRIBER}You have exceeded the maximum number of indexed tables that can be created "
    "simultaneously"
)


async def check_table_operations(ctx: Context, created: Table | None = None) -> None:
    """Refuse one more table operation where there are too many; raises LimitExceededException.

    created: the table to be made. The texts are AWS's.
    """
    if not _limited(ctx):
        return
    is_indexed = created is not None and bool(created.indexes)
    fewest = limits.TABLE_OPERATIONS_MAX
    if is_indexed:
        fewest = min(fewest, limits.INDEXED_CREATIONS_MAX)
    catalog = ctx.db.catalog
    names = await catalog.names(ctx.account, ctx.region, after=None, limit=fewest)
    if len(names) < fewest:
        return  # there are not so many tables, whatever happens to them
    busy = indexed = 0
    for name in await catalog.names(ctx.account, ctx.region, after=None, limit=TABLES_MAX):
        try:
            table = await catalog.get(ctx.account, ctx.region, name)
        except TableNotFound:
            continue
        busy += table.status != "ACTIVE"
        indexed += table.status == "CREATING" and bool(table.indexes)
    if busy >= limits.TABLE_OPERATIONS_MAX:
        raise limit_exceeded(
            f"{SUBSCRIBER}Only {limits.TABLE_OPERATIONS_MAX} tables can be created, updated, or "
            "deleted simultaneously"
        )
    if is_indexed and indexed >= limits.INDEXED_CREATIONS_MAX:
        raise limit_exceeded(INDEXED)


async def check_restores(ctx: Context, backup: Backup | None = None) -> None:
    """Refuse one more restore where there are too many, or where those of backups would take too
    much together; raises LimitExceededException. Unverified: the texts."""
    if not _limited(ctx):
        return
    backups = ctx.db.backups
    place = ctx.account, ctx.region
    running = [
        job
        for job in await backups.jobs()
        if job.target is not None and (job.target.account, job.target.region) == place
    ]
    if len(running) >= limits.RESTORES_MAX:
        raise limit_exceeded(
            f"{SUBSCRIBER}Up to {limits.RESTORES_MAX} concurrent restores are allowed per account"
        )
    if backup is None:
        return
    size = backup.size_bytes
    for job in running:
        if job.source is None and job.backup is not None:
            other = await backups.get(job.account, job.region, job.backup)
            size += other.size_bytes if other is not None else 0
    if size > limits.RESTORE_BYTES_MAX:
        raise limit_exceeded(
            f"{SUBSCRIBER}Concurrent restores from backups may total up to "
            f"{limits.RESTORE_BYTES_MAX >> 40} TB"
        )


def exports_at_once(ctx: Context) -> AtOnce | None:
    """What exports may be, together; None without limits."""
    return AtOnce(limits.EXPORTS_MAX, limits.EXPORT_BYTES_MAX) if _limited(ctx) else None


def imports_at_once(ctx: Context) -> AtOnce | None:
    """What imports may be, together; how large one is is known once it has begun."""
    return AtOnce(limits.IMPORTS_MAX) if _limited(ctx) else None


def too_many_exports() -> ApiError:
    """Unverified: the text; the numbers are the developer guide's."""
    return limit_exceeded(
        f"{SUBSCRIBER}Up to {limits.EXPORTS_MAX} concurrent export tasks, or up to a total of "
        f"{limits.EXPORT_BYTES_MAX >> 40} TB from all in-flight table exports, are allowed per "
        "account"
    )


def too_many_imports() -> ApiError:
    """Unverified: the text; its words are the API reference's."""
    return limit_exceeded(
        f"{SUBSCRIBER}Up to {limits.IMPORTS_MAX} simultaneous import table operations are allowed "
        "per account"
    )


def _limited(ctx: Context) -> bool:
    return bool(ctx.db.flows.mode == "on")
