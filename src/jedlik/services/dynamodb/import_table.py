"""ImportTable: a new table with the items of objects in S3. `importing.py` does it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.callers import caller_of
from jedlik.services.dynamodb.concurrency import imports_at_once, too_many_imports
from jedlik.services.dynamodb.create_table import (
    UNSUPPORTED,
    new_table,
    refuse_existing,
    throughput_fits_billing,
    units_in_bounds,
)
from jedlik.services.dynamodb.errors import Import, ResourceInUse
from jedlik.services.dynamodb.importing import NEVER_MS
from jedlik.services.dynamodb.quotas import check_quotas
from jedlik.services.dynamodb.table_changes import now_ms
from jedlik.services.dynamodb.table_names import INVALID_NAME, NAME, table_arn
from jedlik.services.dynamodb.table_settings import refuse_unsupported
from jedlik.services.dynamodb.transfer_descriptions import import_description
from jedlik.services.dynamodb.transfers import Mismatch, TooMany, Transfers
from jedlik.tables.errors import Contended, TableExists


def imported_table(ctx: Context, req: dict[str, Any]) -> list[str]:
    """What is asked at once; what S3 asks is judged when objects are read (`callers.py`)."""
    return [table_arn(ctx, req["TableCreationParameters"]["TableName"])]


def table_wanted(req: dict[str, Any]) -> str | None:
    """A rule: what CreateTable would say to the table's parameters."""
    wanted = req["TableCreationParameters"]
    if not NAME.fullmatch(wanted["TableName"]):
        return INVALID_NAME
    return throughput_fits_billing(wanted) or units_in_bounds(wanted)


def options_fit(req: dict[str, Any]) -> str | None:
    """A rule. Unverified: the texts."""
    if "InputFormatOptions" in req and req["InputFormat"] != "CSV":
        return "InputFormatOptions can only be specified when InputFormat is CSV"
    header = req.get("InputFormatOptions", {}).get("Csv", {}).get("HeaderList")
    if header is not None:
        if len(set(header)) < len(header):
            return "HeaderList contains duplicates"
        keys = [each["AttributeName"] for each in req["TableCreationParameters"]["KeySchema"]]
        if not set(keys) <= set(header):
            return "HeaderList must contain the key attributes of the table"
    return None


@operation(
    "dynamodb",
    "ImportTable",
    access="write",
    resource=imported_table,
    rules=[table_wanted, options_fit],
)
async def import_table(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    refuse_unsupported(req["TableCreationParameters"], UNSUPPORTED)
    store = Transfers(ctx.db, "import", ctx.account, ctx.region)
    try:
        before = await store.used(req.get("ClientToken"), req)
    except Mismatch:
        raise Import.conflict() from None
    if before is not None:
        return {"ImportTableDescription": import_description(before)}
    wanted = new_table(ctx, req["TableCreationParameters"])
    await refuse_existing(ctx, wanted.name)
    await check_quotas(ctx, wanted, new=True)
    at_once = imports_at_once(ctx)
    try:
        await store.check(at_once)
    except TooMany:
        raise too_many_imports() from None
    try:
        # Ready when the import is.
        made = replace(wanted, status="CREATING", settles_at_ms=NEVER_MS)
        table = await ctx.db.create_table(made)
    except TableExists:
        raise ResourceInUse.exists(wanted.name) from None
    new = store.begun(table, req, now_ms(ctx), caller_of(ctx.principal))
    try:
        await store.add(new, at_once=at_once)
    except (Contended, TooMany) as refusal:
        await ctx.db.drop_table(table)
        if isinstance(refusal, TooMany):
            raise too_many_imports() from None
        raise Import.conflict() from None  # the same token at the same time
    return {"ImportTableDescription": import_description(new)}
